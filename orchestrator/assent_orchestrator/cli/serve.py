"""``assent serve``: run a server until it is told to stop."""

import asyncio
import contextlib
import logging
import os
import signal
from collections.abc import Awaitable, Callable

from assent_orchestrator.app.assembly import App, open_app
from assent_orchestrator.app.telemetry import open_telemetry
from assent_orchestrator.config import Settings
from assent_orchestrator.server.listen import Serving, serve as listen
from assent_orchestrator.server.tokens import TokenDirectory, TokenFile, default_entries, read_tokens, write_tokens
from assent_sidecar.bundle.fault import WorkspaceError
from assent_sidecar.errors import SidecarError

_log = logging.getLogger("assent")

Announce = Callable[[str], None]


def tokens_of(settings: Settings) -> TokenFile:
    """Read the token file; the first start makes one for whoever owns it.

    Raises:
        TokenFileError: it cannot be used.
    """
    with contextlib.suppress(FileExistsError):
        write_tokens(settings.tokens, default_entries())
    return read_tokens(settings.tokens)


async def serve(
    settings: Settings, announce: Announce, started: Callable[[App, Serving], Awaitable[None]] | None = None
) -> None:
    """Serve until SIGINT or SIGTERM; SIGHUP builds the workspace again.

    A workspace that cannot be built on SIGHUP changes nothing: its faults are logged, the bundle in force stays.
    """
    loop = asyncio.get_running_loop()
    stop, again = asyncio.Event(), asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    loop.add_signal_handler(signal.SIGHUP, again.set)
    directory = TokenDirectory(tokens_of(settings))
    provider = open_telemetry(os.environ)
    try:
        async with open_app(settings, os.environ) as app, listen(app, directory) as serving:
            announce(serving.address)
            if started is not None:
                await started(app, serving)
            reloading = asyncio.create_task(_reload_whenever(again, app))
            try:
                await stop.wait()
            finally:
                reloading.cancel()
                with contextlib.suppress(asyncio.CancelledError):
                    await reloading
    finally:
        await asyncio.to_thread(provider.shutdown)


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
        except SidecarError as error:
            _log.error("the bundle was not taken, the one in force stays: %s", error)  # noqa: TRY400 - one line is all
        else:
            _log.info("the workspace is in force as %s", revision)
