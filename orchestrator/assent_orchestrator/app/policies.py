"""Where the policies come from, and whose signature they need, as the settings say it."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from assent_orchestrator.config import BUNDLE_TOKEN, HOME, Settings, is_url, token_variable
from assent_orchestrator.meanwhile import meanwhile
from assent_sidecar.activation.rehearsal import Rehearsal
from assent_sidecar.bundle.feed import Feed
from assent_sidecar.bundle.freshness import Freshness
from assent_sidecar.bundle.gate import ActivationGate
from assent_sidecar.bundle.keep import Keep
from assent_sidecar.bundle.keys import KeyRing, read_key_ring
from assent_sidecar.bundle.org import Allegiance
from assent_sidecar.bundle.origin.file import FileOrigin
from assent_sidecar.bundle.origin.folder import FolderOrigin
from assent_sidecar.bundle.origin.origin import Origin
from assent_sidecar.bundle.origin.url import UrlOrigin
from assent_sidecar.bundle.verify import Trust
from assent_sidecar.opa.binary import Binary
from assent_sidecar.opa.tcp import LISTEN_VARIABLE, TOKEN_VARIABLE
from assent_sidecar.sidecar import URL_VARIABLE, Sidecar, SidecarSettings, open_sidecar

_KEPT = "bundles"
_LOOK_EVERY = 30.0
_OF_ONE = (URL_VARIABLE, LISTEN_VARIABLE, TOKEN_VARIABLE)
"""What only one engine of a server can have: the organisation's has it."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where the policies of one tenant come from, and where those that were in force are kept.

    ``folder`` is a workspace, ``bundle`` the file or URL of a bundle; it is one of the two.
    """

    home: str
    keep: Path
    folder: Path | None
    bundle: str | None
    decisions_at_once: int
    decisions_waiting: int

    @property
    def token_variable(self) -> str:
        """The variable with the token that is sent to the URL: nobody is sent that of another one's."""
        return BUNDLE_TOKEN if self.home == HOME else token_variable(self.home)


def place_of(settings: Settings, home: str = HOME) -> Place:
    """Return where the policies of a tenant come from; of the server's own, the organisation's or everybody's."""
    if home == HOME:
        folder = settings.workspace if settings.bundle is None else None
        at_once, waiting = settings.decisions_at_once, settings.decisions_waiting
        return Place(home, settings.data / _KEPT, folder, settings.bundle, at_once, waiting)
    one = settings.tenants[home]
    remote = is_url(one.place)
    folder = Path(one.place) if not remote and Path(one.place).is_dir() else None
    return Place(
        home,
        settings.data / "tenants" / home / _KEPT,
        folder,
        one.place if folder is None else None,
        one.decisions_at_once or settings.decisions_at_once,
        settings.decisions_waiting if one.decisions_waiting is None else one.decisions_waiting,
    )


@dataclass(frozen=True, slots=True)
class OpenPolicies:
    """A decision point, where its bundles come from, and the rules by which they come into force.

    Nothing may be decided before the ``feed`` has ``begun``. ``place`` is where it is all from. ``org`` says whether a
    bundle is under that of the organisation, where these are the policies of a tenant.
    """

    place: Place
    sidecar: Sidecar
    feed: Feed
    gate: ActivationGate
    org: Allegiance | None = None


@contextlib.asynccontextmanager
async def open_policies(
    settings: Settings, environ: Mapping[str, str], binary: Binary, place: Place, org: Allegiance | None = None
) -> AsyncIterator[OpenPolicies]:
    """Open the decision point on the bundle that a place has; its rehearsal goes on beside what follows.

    With ``org``, the bundles have to be under that of the organisation.

    Raises:
        WorkspaceError, SidecarError, CommandError: there is no bundle to begin with, or the engine does not take it.
    """
    trust = await asyncio.to_thread(trust_of, settings, place)
    freshness = Freshness(settings.max_staleness)
    gate = ActivationGate(
        Rehearsal(binary, environ),
        engine_version=binary.version,
        automatic=settings.automatic_activation,
        two_persons=settings.two_persons,
    )
    feed = Feed(
        _origin(settings, environ, binary, trust, place, org),
        trust,
        Keep(place.keep),
        freshness,
        gate=gate,
        admit=org.require if org is not None else None,
    )
    sidecar_settings = SidecarSettings(
        state_dir=settings.data,
        environ=environ if org is None else {name: environ[name] for name in environ if name not in _OF_ONE},
        binary=binary,
        query_timeout=settings.longest_decision,
        at_once=place.decisions_at_once,
        waiting=place.decisions_waiting,
        trust=trust,
        freshness=freshness,
        met=org.holds if org is not None else lambda _: True,
        usurped=org.usurped if org is not None else lambda _: False,
    )
    async with contextlib.AsyncExitStack() as stack:
        stack.push_async_callback(feed.close)
        bundle = await feed.begin()
        sidecar = await stack.enter_async_context(open_sidecar(sidecar_settings, bundle))
        yield OpenPolicies(place, sidecar, feed, gate, org)


@contextlib.asynccontextmanager
async def following_policies(settings: Settings, policies: OpenPolicies) -> AsyncIterator[None]:
    """Follow the changes of where the policies come from, if the settings say so, for as long as the block lasts."""
    if not (settings.watch or policies.place.bundle is not None or settings.max_staleness is not None):
        yield
        return
    async with meanwhile(policies.feed.follow(), "assent-policies"):
        yield


def keys_of(settings: Settings, home: str) -> KeyRing:
    """Return the keys whose signatures a tenant's bundles may have: those for all, and its own.

    Raises:
        BundleKeyError: one of them cannot be read, or two have one id.
    """
    own = settings.tenants[home].bundle_keys if home != HOME else ()
    return read_key_ring((*settings.bundle_keys, *own))


def trust_of(settings: Settings, place: Place) -> Trust:
    """Return whom to believe: what is built on this machine needs no signature, and its engine asks for none."""
    if place.folder is not None:
        return Trust()
    return Trust(keys_of(settings, place.home), settings.allow_unsigned)


def _origin(  # noqa: PLR0917 - what it is made of
    settings: Settings,
    environ: Mapping[str, str],
    binary: Binary,
    trust: Trust,
    place: Place,
    org: Allegiance | None,
) -> Origin:
    every = _LOOK_EVERY if settings.max_staleness is None else min(_LOOK_EVERY, settings.max_staleness / 4)
    if place.folder is not None:
        return FolderOrigin(place.folder, binary, every=every, under=org.org if org is not None else None)
    assert place.bundle is not None
    if is_url(place.bundle):
        return UrlOrigin(place.bundle, trust, token=environ.get(place.token_variable) or None, every=every)
    return FileOrigin(Path(place.bundle), trust, every=every)
