"""A bundle from a server: any that serves bundles to OPA, with ``ETag`` and, if it can, long polling."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import suppress
from dataclasses import dataclass
from urllib.parse import urlsplit, urlunsplit

import aiohttp

from assent_sidecar.bundle.archive import Bundle
from assent_sidecar.bundle.origin.file import LARGEST_ARCHIVE
from assent_sidecar.bundle.refusal import BundleUnavailableError
from assent_sidecar.bundle.verify import Trust

_LONG_POLLED = (
    "application/vnd.openpolicyagent.bundles"  # how a server says that it holds requests (OPA, "long polling")
)
_TIMEOUT = 60.0
_REDIRECTS = 5


@dataclass(frozen=True, slots=True)
class _Reply:
    """What the server said: ``archive`` is None for "not modified"."""

    archive: bytes | None
    tag: str | None
    holds: bool


class UrlOrigin:
    """A URL. A server that cannot be reached is asked again; its answers are believed by their signature alone."""

    def __init__(
        self,
        url: str,
        trust: Trust,
        *,
        token: str | None = None,
        every: float = 30.0,
        timeout: float = _TIMEOUT,
        largest: int = LARGEST_ARCHIVE,
    ) -> None:
        """Name the server.

        Args:
            url: of the bundle, http or https.
            trust: what is believed.
            token: sent as a bearer token.
            every: seconds between two questions; a server that holds requests may hold each that long.
            timeout: seconds for one answer, beyond what it is held.
            largest: bytes of an archive at most.

        Raises:
            BundleUnavailableError: it is no such URL.
        """
        parts = urlsplit(url)
        if parts.scheme not in {"http", "https"} or not parts.hostname or parts.username or parts.password:
            raise BundleUnavailableError("the URL of a bundle is http://… or https://…, without a name or a password")
        self._url = url
        self._name = f"url {urlunsplit(parts._replace(query='', fragment=''))}"  # a query may hold a signature
        self._trust = trust
        self._every = every
        self._timeout = timeout
        self._largest = largest
        self._headers = {"Authorization": f"Bearer {token}"} if token else {}
        self._session: aiohttp.ClientSession | None = None
        self._holds = False
        self._seen: str | None = None
        self._taken: str | None = None

    @property
    def name(self) -> str:
        """The URL without its query."""
        return self._name

    @property
    def local(self) -> bool:
        """Somebody else made it."""
        return False

    async def fetch(self) -> Bundle | None:
        """Ask for the bundle, unless it is the one that was taken.

        Raises:
            BundleUnavailableError: the server cannot be reached, or does not hand out a bundle.
            SidecarError: the bundle is not believed; see ``Trust.read``.
        """
        reply = await self._ask(self._taken, wait=0)
        self._holds, self._seen = reply.holds, reply.tag
        if reply.archive is None:
            return None
        return await asyncio.to_thread(self._trust.read, reply.archive)

    def taken(self) -> None:
        """Ask only for another one."""
        self._taken = self._seen

    async def changes(self) -> AsyncGenerator[None]:
        """Yield when the server has something else than was fetched last, and at least every ``every`` seconds."""
        while True:
            loop = asyncio.get_running_loop()
            until = loop.time() + self._every
            if self._holds and self._seen is not None:
                with suppress(BundleUnavailableError):
                    reply = await self._ask(self._seen, wait=max(1, int(self._every)))
                    if reply.archive is not None:
                        yield
                        continue
            await asyncio.sleep(max(0.0, until - loop.time()))
            yield

    async def close(self) -> None:
        """Close the connections."""
        if self._session is not None:
            await self._session.close()

    async def _ask(self, known: str | None, *, wait: int) -> _Reply:
        headers = {**self._headers, "Accept-Encoding": "identity"}
        if known is not None:
            headers["If-None-Match"] = known
        if wait:
            headers["Prefer"] = f"modes=snapshot;wait={wait}"
        else:
            headers["Prefer"] = "modes=snapshot"  # a delta carries no signature
        if self._session is None:
            self._session = aiohttp.ClientSession(trust_env=False, cookie_jar=aiohttp.DummyCookieJar())
        try:
            async with (
                asyncio.timeout(self._timeout + wait),
                self._session.get(self._url, headers=headers, max_redirects=_REDIRECTS) as response,
            ):
                if response.url.scheme != "https" and self._url.lower().startswith("https:"):
                    raise BundleUnavailableError("the server of bundles leads away from https")
                if response.status == 304 and known is not None:
                    return _Reply(None, known, self._holds)
                if response.status != 200:
                    raise BundleUnavailableError(f"the server of bundles answers HTTP {response.status}")
                archive = await self._read(response)
                holds = response.headers.get("Content-Type", "") == _LONG_POLLED
                return _Reply(archive, response.headers.get("ETag"), holds)
        except (TimeoutError, aiohttp.ClientError, OSError, ValueError) as error:
            raise BundleUnavailableError(f"the server of bundles cannot be reached ({type(error).__name__})") from error

    async def _read(self, response: aiohttp.ClientResponse) -> bytes:
        archive = bytearray()
        async for chunk in response.content.iter_any():
            archive += chunk
            if len(archive) > self._largest:
                raise BundleUnavailableError(f"the server's bundle is larger than {self._largest} bytes")
        return bytes(archive)
