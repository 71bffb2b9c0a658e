"""The decision point as a whole: an engine, the bundle it serves, and the evaluator in front of them."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from assent_sidecar.admission import AT_ONCE, WAITING
from assent_sidecar.bundle.archive import Bundle
from assent_sidecar.bundle.freshness import Freshness
from assent_sidecar.bundle.serve import RESOURCE, BundleServer
from assent_sidecar.bundle.verify import Trust
from assent_sidecar.decision import Reason
from assent_sidecar.errors import ActivationError, EngineUnavailableError, SidecarError
from assent_sidecar.evaluator import Evaluator
from assent_sidecar.opa.binary import Binary, accepted_versions, find_binary, require_version
from assent_sidecar.opa.client import Answer, OpaClient
from assent_sidecar.opa.config import child_environment, render
from assent_sidecar.opa.folder import SOCKET, listening_place, make_folder, remove_folder
from assent_sidecar.opa.liveness import Liveness, Patience
from assent_sidecar.opa.memory import read_memory
from assent_sidecar.opa.process import OpaProcess
from assent_sidecar.opa.tcp import LISTEN_VARIABLE, TOKEN_VARIABLE, read_door

URL_VARIABLE = "ASSENT_OPA_URL"

_POLL = 0.03


@dataclass(frozen=True, slots=True)
class SidecarSettings:
    """Where the decision point lives and how long it waits; all times in seconds.

    ``state_dir`` holds a folder 0700 for the engine's socket while it runs. ``environ`` is where ``ASSENT_OPA_*`` and
    the standard ``OTEL_*`` variables are read from; ``binary`` is the engine to start where it was found before.
    ``query_timeout`` is the most that one decision may take, whatever its budget; ``probe_timeout`` how long the engine
    has to say how it is. Of the questions, ``at_once`` are before the engine and ``waiting`` wait for their turn; the
    next one is denied as ENGINE_BUSY. ``patience`` says when an engine that does not answer is ended and started again.
    ``trust`` says whose signatures the engine demands: with keys, it checks each bundle once more by itself.
    ``freshness`` says when the policies are too old to decide by, ``met`` whether a bundle is under the organisation's,
    where it has to be: by another one nothing is decided; ``usurped`` whether a reason names a control for which only
    the organisation speaks: that is no decision. ``shadow`` is the id of the shadow whose candidate this is, empty for
    the bundle in force: its engine is always one of its own, listens on its socket only, and tells nobody of its spans.
    ``niceness`` is how far the engine stands back behind other processes (0 to 19).
    """

    state_dir: Path
    environ: Mapping[str, str] = field(repr=False)
    binary: Binary | None = None
    query_timeout: float = 1.0
    probe_timeout: float = 1.0
    at_once: int = AT_ONCE
    waiting: int = WAITING
    patience: Patience = field(default_factory=Patience)
    start_timeout: float = 30.0
    activation_timeout: float = 10.0
    trust: Trust = field(default_factory=Trust)
    freshness: Freshness = field(default_factory=Freshness)
    met: Callable[[Bundle], bool] = lambda _: True
    usurped: Callable[[Reason], bool] = lambda _: False
    shadow: str = ""
    niceness: int = 0


@dataclass(frozen=True, slots=True)
class SidecarHealth:
    """Whether decisions can be had right now, and from what; ``detail`` says what is wrong, or nothing."""

    ready: bool
    engine_version: str | None
    engine_origin: str
    revision: str | None
    detail: str


class Sidecar:
    """A decision point that is open; ``open_sidecar`` makes it."""

    def __init__(
        self,
        settings: SidecarSettings,
        client: OpaClient,
        bundle: Bundle,
        *,
        origin: str,
        versions: frozenset[str],
        server: BundleServer | None,
        process: OpaProcess | None,
    ) -> None:
        """Put the parts together; ``server`` and ``process`` are None where the OPA is the user's own."""
        self._settings = settings
        self._client = client
        self._bundle = bundle
        self._arriving: Bundle | None = None
        self._origin = origin
        self._versions = versions
        self._server = server
        self._process = process
        self._activating = asyncio.Lock()
        self._evaluator = Evaluator(
            client,
            versions=versions,
            revisions=self._revisions,
            stale=lambda: settings.freshness.stale,
            met=lambda: self.met,
            usurped=settings.usurped,
            query_timeout=settings.query_timeout,
            at_once=settings.at_once,
            waiting=settings.waiting,
            shadow=settings.shadow,
        )

    @property
    def evaluator(self) -> Evaluator:
        """Whom to ask."""
        return self._evaluator

    @property
    def bundle(self) -> Bundle:
        """The bundle in force."""
        return self._bundle

    @property
    def met(self) -> bool:
        """Whether the bundle in force is under the organisation's, where it has to be."""
        return self._settings.met(self._bundle)

    @property
    def process(self) -> OpaProcess | None:
        """The engine's process, None where the OPA is the user's own."""
        return self._process

    async def activate(self, bundle: Bundle) -> None:
        """Put ``bundle`` in force, and return when the engine decides under it.

        An OPA of the user's own must be serving that revision already.

        Raises:
            ActivationError: the engine does not take it; the bundle before stays in force.
        """
        async with self._activating:
            self._arriving = bundle
            try:
                await self._take(bundle)
            except BaseException:
                if self._server is not None:
                    self._server.publish(self._bundle)  # also for an engine that starts again
                raise
            else:
                self._bundle = bundle
            finally:
                self._arriving = None

    async def health(self) -> SidecarHealth:
        """Ask the engine who it is, and say whether its decisions would be believed."""
        if self._process is not None and not self._process.running:
            return self._unwell(None, "the engine is down and is being started again")
        try:
            answer = await self._client.probe(self._settings.probe_timeout)
        except SidecarError as error:
            return self._unwell(None, str(error))
        if answer.version not in self._versions:
            return self._unwell(answer, f"the engine is OPA {answer.version}")
        if answer.revision not in self._revisions():
            return self._unwell(answer, f"the engine serves revision {answer.revision}, not {self._bundle.revision}")
        if not self.met:
            return self._unwell(
                answer, "the policies are not under those of the organisation: every decision is ORG_NOT_MET"
            )
        if self._settings.freshness.stale:
            return self._unwell(answer, "the policies were confirmed too long ago: every decision is POLICY_STALE")
        return SidecarHealth(
            ready=True, engine_version=answer.version, engine_origin=self._origin, revision=answer.revision, detail=""
        )

    def _unwell(self, answer: Answer | None, detail: str) -> SidecarHealth:
        return SidecarHealth(
            ready=False,
            engine_version=answer.version if answer else None,
            engine_origin=self._origin,
            revision=answer.revision if answer else None,
            detail=detail,
        )

    def _revisions(self) -> tuple[str, ...]:
        """Return what may be in force. While one bundle takes over from another, OPA is between the two."""
        return tuple(bundle.revision for bundle in (self._arriving, self._bundle) if bundle is not None)

    async def _take(self, bundle: Bundle) -> None:
        limit = self._settings.probe_timeout
        earlier = await self._failure() if self._server is not None else None
        if self._server is not None:
            self._server.publish(bundle)
        said = "it was not taken in time"
        try:
            async with asyncio.timeout(self._settings.activation_timeout):
                while True:
                    with contextlib.suppress(SidecarError):  # away or slow: it is asked again until time is up
                        answer = await self._client.probe(limit)
                        if answer.revision == bundle.revision and await self._confirms(bundle):
                            return
                        if self._server is None:
                            said = f"the OPA at {URL_VARIABLE} serves revision {answer.revision}"
                            break
                    failure = await self._failure()
                    if failure is not None and failure != earlier:
                        said = failure
                        break
                    await asyncio.sleep(_POLL)
        except TimeoutError:
            pass
        raise ActivationError(f"the engine did not activate {bundle.revision}: {said}")

    async def _confirms(self, bundle: Bundle) -> bool:
        """Return whether the engine's status agrees with its answer; the user's own may keep its status to itself."""
        if self._server is None:
            return True
        return (await self._client.bundle_status(self._settings.query_timeout)).active == bundle.revision

    async def _failure(self) -> str | None:
        with contextlib.suppress(SidecarError):
            return (await self._client.bundle_status(self._settings.probe_timeout)).failure
        return None


@contextlib.asynccontextmanager
async def open_sidecar(settings: SidecarSettings, bundle: Bundle) -> AsyncIterator[Sidecar]:
    """Open a decision point that decides under ``bundle``, and close everything of it afterwards.

    Without ``ASSENT_OPA_URL`` an engine is started and kept alive. With it, that OPA is used as it is: it must be of
    an accepted version, and serve our revision by a configuration of its own, or every decision is POLICY_STALE.

    Raises:
        EngineMissingError: there is no engine to start.
        EngineVersionError: the engine is of another version, and nobody allowed that by name.
        EngineSettingsError: an environment variable makes no sense.
        EngineUnavailableError: the engine does not start, or nobody answers at the URL.
        ActivationError: the engine started, but decides under another revision.
    """
    if settings.shadow:
        settings = replace(settings, environ=_apart(settings.environ))
    url = settings.environ.get(URL_VARIABLE)
    opened = _open_running(settings, bundle, url) if url else _open_own(settings, bundle)
    async with opened as sidecar:
        yield sidecar


@contextlib.asynccontextmanager
async def _open_running(settings: SidecarSettings, bundle: Bundle, url: str) -> AsyncIterator[Sidecar]:
    async with OpaClient(url=url, token=settings.environ.get(TOKEN_VARIABLE) or None) as client:
        answer = await _first_answer(client, settings)
        if answer.version is None:
            raise EngineUnavailableError(f"what answers at {URL_VARIABLE} does not say that it is an OPA")
        require_version(answer.version, settings.environ)
        versions = accepted_versions(settings.environ)
        yield Sidecar(settings, client, bundle, origin="url", versions=versions, server=None, process=None)


async def _first_answer(client: OpaClient, settings: SidecarSettings) -> Answer:
    loop = asyncio.get_running_loop()
    deadline = loop.time() + settings.start_timeout
    while True:
        try:
            return await client.probe(settings.probe_timeout)
        except EngineUnavailableError:
            if loop.time() > deadline:
                raise
            await asyncio.sleep(_POLL)


@contextlib.asynccontextmanager
async def _open_own(settings: SidecarSettings, bundle: Bundle) -> AsyncIterator[Sidecar]:
    environ = settings.environ
    door = read_door(environ)
    binary = settings.binary
    if binary is None:
        binary = await asyncio.to_thread(find_binary, environ)
    async with contextlib.AsyncExitStack() as stack:
        server = BundleServer()
        await server.start()
        stack.push_async_callback(server.stop)
        server.publish(bundle)
        folder = await asyncio.to_thread(make_folder, settings.state_dir)
        stack.push_async_callback(asyncio.to_thread, remove_folder, folder)
        listened = listening_place(folder) / SOCKET
        process = OpaProcess(
            binary,
            render(
                environ,
                bundles=server.url,
                resource=RESOURCE,
                token=server.token,
                keys=settings.trust.keys.config(),
                allow_unsigned=settings.trust.allow_unsigned,
            ),
            listened,
            environ=child_environment(environ),
            memory=read_memory(environ),
            door=door,
            niceness=settings.niceness,
            start_timeout=settings.start_timeout,
        )
        await process.start()
        stack.push_async_callback(process.stop)
        client = await stack.enter_async_context(OpaClient(listened, token=door.token if door else None))
        liveness = Liveness(client.probe, process.kill, settings.patience)
        liveness.start()
        stack.push_async_callback(liveness.stop)
        versions = frozenset({binary.version})
        sidecar = Sidecar(
            settings, client, bundle, origin=binary.origin, versions=versions, server=server, process=process
        )
        await sidecar.activate(bundle)
        yield sidecar


def _apart(environ: Mapping[str, str]) -> dict[str, str]:
    """Return what an engine sees whose decisions do not count: not the doors and traces of the one that does."""
    shared = {URL_VARIABLE, LISTEN_VARIABLE, TOKEN_VARIABLE}
    own = {name: value for name, value in environ.items() if name not in shared}
    return own | {"OTEL_SDK_DISABLED": "true", "GOMAXPROCS": "1"}
