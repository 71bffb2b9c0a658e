"""``assent serve``: run a server until it is told to stop."""

import asyncio
import contextlib
import json
import logging
import os
import signal
from collections.abc import Awaitable, Callable
from pathlib import Path

from assent_orchestrator.app.assembly import App, open_app
from assent_orchestrator.app.served import server_parts, settle
from assent_orchestrator.app.telemetry import open_telemetry
from assent_orchestrator.cli.exit_code import ExitCode
from assent_orchestrator.config import Settings
from assent_orchestrator.errors import ExecutorError
from assent_orchestrator.secret import put_whole
from assent_orchestrator.server.address import ListenError, TlsFiles
from assent_orchestrator.server.http import listening_http
from assent_orchestrator.server.identities.directory import Directory
from assent_orchestrator.server.identities.file import IdentitiesFile, read_identities
from assent_orchestrator.server.identities.keys import require_keys
from assent_orchestrator.server.listen import Listening, ListenSettings, listening
from assent_orchestrator.server.tokens import (
    TokenDirectory,
    TokenFile,
    almighty,
    default_entries,
    read_tokens,
    write_tokens,
)
from assent_sidecar.bundle.command import CommandError
from assent_sidecar.bundle.fault import WorkspaceError
from assent_sidecar.errors import SidecarError

PUBLIC_KEY = "permit-key.json"
"""In the data folder: the public key (a JWK) with which tool servers check permits."""

_log = logging.getLogger("assent")

Started = Callable[[App, Listening], Awaitable[None]]


def tokens_of(settings: Settings) -> TokenFile:
    """Read the token file; the first start makes one for whoever owns it.

    Raises:
        TokenFileError: it cannot be used.
    """
    with contextlib.suppress(FileExistsError):
        write_tokens(settings.tokens, default_entries())
    return read_tokens(settings.tokens)


async def serve(settings: Settings, started: Started) -> None:
    """Serve until SIGINT or SIGTERM, also while starting; SIGHUP builds the workspace again.

    ``started`` is called once calls are taken.

    The second of these signals ends the process at once: what it had under way goes on with the next start.
    A workspace that cannot be built on SIGHUP changes nothing: its faults are logged, the bundle in force stays.

    Raises:
        WorkspaceError, SidecarError, TokenFileError, IdentitiesFileError, ListenError, SigningKeyError, AssentError:
            the server cannot start; the message says why and what to do.
        ExecutorError: also later, when another server took its name while it was away.
    """
    loop = asyncio.get_running_loop()
    serving = asyncio.current_task()
    if serving is None:
        raise RuntimeError("a server needs a task to run in")
    stop = _Stop(serving)
    again = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.heard)
    loop.add_signal_handler(signal.SIGHUP, again.set)
    try:
        await _serve(settings, started, again)
    except asyncio.CancelledError:
        # Ours, and only ours: then the task goes on as if nothing had been.
        if not stop.wanted or serving.uncancel() > 0:
            raise
    finally:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            loop.remove_signal_handler(number)


async def _serve(settings: Settings, started: Started, again: asyncio.Event) -> None:
    _log.info("starting on the %s", _place(settings))
    tokens = tokens_of(settings)
    identities = identities_of(settings)
    directory = Directory(TokenDirectory(tokens), identities, folder_of(settings))
    if settings.two_persons:
        for caller in almighty(tokens):
            _log.warning(
                "the caller %s has every role; with --two-persons give each person a caller of their own", caller
            )
    provider = open_telemetry(os.environ)
    try:
        async with (
            directory.followed(),
            open_app(settings, os.environ) as app,
            contextlib.AsyncExitStack() as beside,
        ):
            settle()
            listener = listening(server_parts(app, directory), listen_settings(settings, identities))
            server = await beside.enter_async_context(listener)
            if settings.http is not None:
                http = listening_http(server_parts(app, directory), settings.http)
                _log.info("speaking AuthZEN at http://%s", await beside.enter_async_context(http))
            await asyncio.to_thread(_publish_key, app)
            _log.info("serving revision %s", app.sidecar.bundle.revision)
            memory = await app.condition.memory()
            if not memory.ready:  # what needs no memory goes on, as when this server takes over from another
                _log.error("%s; every use of memory is refused", memory.detail)
            await started(app, server)
            async with asyncio.TaskGroup() as group:
                reloading = group.create_task(_reload_whenever(again, app))
                usurped = await _ended(server, app)
                reloading.cancel()
            if usurped:
                name = settings.executor
                raise ExecutorError(f"another server has the executor name {name!r} by now; give this one its own")
    finally:
        await asyncio.to_thread(provider.shutdown)


async def _ended(server: Listening, app: App) -> bool:
    """Wait until no calls are taken any more, or another server has the name of this one: then True."""
    ended, lost = asyncio.ensure_future(server.ended()), asyncio.ensure_future(app.seat.lost())
    try:
        await asyncio.wait((ended, lost), return_when=asyncio.FIRST_COMPLETED)
        if ended.done():
            ended.result()
            return False
        return True
    finally:
        ended.cancel()
        lost.cancel()


class _Stop:
    """Turns the first signal into the end of a task, and the second into the end of the process."""

    def __init__(self, task: asyncio.Task[object]) -> None:
        self.wanted = False
        self._task = task

    def heard(self) -> None:
        if self.wanted:
            # Nothing is lost: every state is in the database, and the next start carries on.
            os._exit(ExitCode.INTERRUPTED)
        self.wanted = True
        _log.info("stopping; a second signal ends the process at once")
        self._task.cancel()


def _place(settings: Settings) -> str:
    """Return where the policies are, without the query of a URL, which may hold a secret."""
    bundle = settings.bundle
    return f"workspace {settings.workspace}" if bundle is None else f"bundle {bundle.partition('?')[0]}"


def identities_of(settings: Settings) -> IdentitiesFile:
    """Read whose JWTs and client certificates are believed; nobody's when there is no such file.

    Raises:
        IdentitiesFileError: it cannot be used, or a file of keys that it names has none.
        ListenError: certificates are to be asked for where nobody can show one.
    """
    file = IdentitiesFile() if settings.identities is None else read_identities(settings.identities)
    if file.client_certificates is not None and settings.tls_cert is None:
        raise ListenError("client certificates are shown over TLS only; give --tls-cert and --tls-key")
    for issuer in file.jwt:
        require_keys(issuer.keys, folder_of(settings))
    return file


def folder_of(settings: Settings) -> Path:
    """Return from where the paths in the file of identities go."""
    return Path() if settings.identities is None else settings.identities.parent


def listen_settings(settings: Settings, identities: IdentitiesFile) -> ListenSettings:
    """Return how the gRPC server listens."""
    certificate, key = settings.tls_cert, settings.tls_key
    clients = identities.client_certificates
    ca = folder_of(settings) / clients.ca if clients is not None else None
    tls = TlsFiles(certificate, key, ca) if certificate is not None and key is not None else None
    return ListenSettings(address=settings.listen, tls=tls)


def _publish_key(app: App) -> None:
    """Write the public half of the permit key where tool servers of this machine can be pointed to."""
    put_whole(app.settings.data / PUBLIC_KEY, json.dumps(app.issuer.jwk).encode())


async def _reload_whenever(again: asyncio.Event, app: App) -> None:
    while True:
        await again.wait()
        again.clear()
        try:
            revision = await app.reload()
        except WorkspaceError as error:
            for fault in error.faults:
                _log.error("%s:%s: %s", fault.file, fault.line, fault.reason)
            _log.error("the workspace was not taken; the bundle in force stays")
        except (SidecarError, CommandError) as error:
            _log.error("the bundle was not taken, the one in force stays:")
            for line in str(error).splitlines():
                _log.error("%s", line)
        else:
            _log.info("the workspace is in force as %s", revision)
