"""Serves the bundle in force to OPA, over loopback, with long polling.

OPA reads ``file://`` bundles once and never again, so a bundle that is to be replaced has to come over HTTP
(https://www.openpolicyagent.org/docs/management-bundles): ``ETag`` names the revision, ``Prefer: ...;wait=N`` asks to
hold the answer for up to N seconds until there is another one.
"""

import asyncio
import hmac
import re
import secrets

from aiohttp import web

from assent_sidecar.bundle.archive import Bundle

RESOURCE = "bundle.tar.gz"
"""The path of the bundle below ``BundleServer.url``."""

_CONTENT_TYPE = "application/vnd.openpolicyagent.bundles"  # OPA keeps long polling only when it sees exactly this
_WAIT = re.compile(r"(?:^|[;,\s])wait=([0-9]{1,6})(?:$|[;,\s])")
_MAX_WAIT = 300.0
"""Longest time a request is held, in seconds."""


class BundleServer:
    """An HTTP server on 127.0.0.1, on a port of the system's choice, that knows one bundle and one bearer token."""

    def __init__(self, *, max_wait: float = _MAX_WAIT) -> None:
        """Prepare the server; ``max_wait`` (seconds) caps what a client may ask to be held for."""
        self._max_wait = max_wait
        self._token = secrets.token_urlsafe(32)
        self._bundle: Bundle | None = None
        self._changed = asyncio.Event()
        self._waiting = 0
        self._stopping = False
        self._runner: web.AppRunner | None = None
        self._port = 0

    @property
    def url(self) -> str:
        """The base URL, without the resource.

        Raises:
            RuntimeError: the server is not started.
        """
        if not self._port:
            raise RuntimeError("the bundle server is not started")
        return f"http://127.0.0.1:{self._port}"

    @property
    def token(self) -> str:
        """The bearer token that a client must send."""
        return self._token

    @property
    def waiting(self) -> int:
        """How many clients have the bundle in force and wait for another one."""
        return self._waiting

    async def start(self) -> None:
        """Listen.

        Raises:
            OSError: no port can be had.
        """
        app = web.Application()
        app.router.add_get(f"/{RESOURCE}", self._download, allow_head=False)
        # Cancelling the handler of a client that went away keeps no request alive for nobody.
        runner = web.AppRunner(app, access_log=None, handler_cancellation=True, handle_signals=False)
        await runner.setup()
        try:
            site = web.TCPSite(runner, "127.0.0.1", 0)
            await site.start()
        except OSError:
            await runner.cleanup()
            raise
        self._stopping = False
        self._runner = runner
        self._port = int(runner.addresses[0][1])

    async def stop(self) -> None:
        """Answer whoever waits, then close; stopping twice is stopping once."""
        runner, self._runner = self._runner, None
        if runner is None:
            return
        self._stopping = True
        self._wake()
        await runner.cleanup()
        self._port = 0

    def publish(self, bundle: Bundle) -> None:
        """Serve ``bundle`` from now on and wake every client that waits for another one."""
        self._bundle = bundle
        self._wake()

    def _wake(self) -> None:
        self._changed.set()
        self._changed = asyncio.Event()

    async def _download(self, request: web.Request) -> web.Response:
        if not self._authorized(request):
            return web.Response(status=401, headers={"WWW-Authenticate": "Bearer"})
        bundle = await self._current(request)
        if self._stopping:
            return web.Response(status=503)
        if bundle is None:
            return web.Response(status=404, text="no bundle has been published yet")
        headers = {"ETag": f'"{bundle.revision}"', "Content-Type": _CONTENT_TYPE, "Cache-Control": "no-store"}
        if _knows(request, bundle):
            return web.Response(status=304, headers=headers)
        return web.Response(body=bundle.archive, headers=headers)

    async def _current(self, request: web.Request) -> Bundle | None:
        """Return the bundle in force, waiting as long as the client asks while it is the one the client has."""
        self._waiting += 1
        try:
            async with asyncio.timeout(self._wait(request)):
                while not self._stopping and (self._bundle is None or _knows(request, self._bundle)):
                    await self._changed.wait()
        except TimeoutError:
            pass  # nothing new in time: 304 (or 404) is the answer
        finally:
            self._waiting -= 1
        return self._bundle

    def _wait(self, request: web.Request) -> float:
        found = _WAIT.search(",".join(request.headers.getall("Prefer", [])))
        return min(float(found[1]), self._max_wait) if found else 0.0

    def _authorized(self, request: web.Request) -> bool:
        scheme, _, given = request.headers.get("Authorization", "").partition(" ")
        return scheme.lower() == "bearer" and hmac.compare_digest(given.strip().encode(), self._token.encode())


def _knows(request: web.Request, bundle: Bundle) -> bool:
    """Return whether ``If-None-Match`` names the bundle (RFC 9110, 13.1.2)."""
    tags = (tag.strip().removeprefix("W/") for tag in request.headers.get("If-None-Match", "").split(","))
    return any(tag in (f'"{bundle.revision}"', "*") for tag in tags)
