"""The public keys of an issuer, kept up to date: it takes new ones and gives old ones up without telling anybody."""

import asyncio
import contextlib
import json
import logging
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from pathlib import Path
from urllib.parse import urlsplit

import aiohttp
from jwt import PyJWK, PyJWKSet
from jwt.exceptions import PyJWTError

from assent_orchestrator.meanwhile import meanwhile
from assent_orchestrator.server.identities.file import IdentitiesFileError
from assent_sidecar.model import Json

EVERY_SECONDS = 300.0
"""How often the keys are looked at."""
SOONEST_SECONDS = 10.0
"""How soon after a look a token with a key that nobody knows makes it look again."""
_TIMEOUT_SECONDS = 10.0
_MAX_BYTES = 256 * 1024

Fetch = Callable[[], Awaitable[bytes]]
"""Gets a JWK set (RFC 7517) from where it is kept."""

_log = logging.getLogger("assent.identities")


class KeySet:
    """The keys as they were last seen. Where they cannot be fetched, those that are known stay good."""

    def __init__(self, issuer: str, fetch: Fetch, place: str = "") -> None:
        """Name the issuer, what fetches its keys, and from where: a URL or a file, for who reads the log."""
        self._issuer = issuer
        self._place = urlsplit(place).hostname or place
        self._fetch = fetch
        self._keys: dict[str, PyJWK] = {}
        self._wanted = asyncio.Event()

    def find(self, key_id: str) -> PyJWK | None:
        """Return a key; when it is not known, the next look comes soon."""
        found = self._keys.get(key_id)
        if found is None:
            self._wanted.set()
        return found

    async def look(self) -> None:
        """Fetch the keys. A failure is logged and changes nothing."""
        try:
            self._keys = _keys_in(await self._fetch())
        except (OSError, aiohttp.ClientError, TimeoutError, ValueError) as error:
            where = f" from {self._place}" if self._place else ""
            _log.warning("the keys of %s cannot be fetched%s: %s", self._issuer, where, type(error).__name__)

    @contextlib.asynccontextmanager
    async def followed(self) -> AsyncIterator[None]:
        """Look now, and then again and again for as long as the block lasts."""
        await self.look()
        async with meanwhile(self._follow(), "assent-keys"):
            yield

    async def _follow(self) -> None:
        while True:
            looked = time.monotonic()
            # Not wait_for: it may swallow its being cancelled at the moment that somebody wants a look.
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(EVERY_SECONDS):
                    await self._wanted.wait()
            await asyncio.sleep(max(0.0, looked + SOONEST_SECONDS - time.monotonic()))
            # Cleared before the look: who asks during it is not forgotten.
            self._wanted.clear()
            await self.look()


def fetch_from(place: str, folder: Path) -> Fetch:
    """Return what gets keys from a URL, or from a file whose path goes from ``folder``."""
    if urlsplit(place).scheme in ("http", "https"):
        return lambda: _download(place)
    return lambda: asyncio.to_thread(_read, folder / place)


def require_keys(place: str, folder: Path) -> None:
    """Pass when keys are at a URL, which may be away now and there later, or in a file that has some.

    Raises:
        IdentitiesFileError: the file cannot be read, or has no keys.
    """
    if urlsplit(place).scheme in ("http", "https"):
        return
    path = folder / place
    try:
        _keys_in(_read(path))
    except OSError as error:
        raise IdentitiesFileError(f"the keys in {path} cannot be read: {error.strerror}") from error
    except ValueError as error:
        raise IdentitiesFileError(
            f"{path} is no set of public keys (a JWK set) of which one has a `kid` and is for signatures: {error}"
        ) from error


def _keys_in(content: bytes) -> dict[str, PyJWK]:
    """Return the keys of a JWK set that have a ``kid`` and may verify signatures (RFC 7517, 4.2 and 4.3).

    Raises:
        ValueError: it has none, or is none, whatever it is: a gateway that answers for the issuer may say anything.
    """
    try:
        listed = [one for one in json.loads(content)["keys"] if _verifies(one)]
        return {str(key.key_id): key for key in PyJWKSet.from_dict({"keys": listed}).keys}
    except PyJWTError as error:
        raise ValueError(str(error)) from error
    except Exception as error:
        raise ValueError(type(error).__name__) from error


def _verifies(key: Mapping[str, Json]) -> bool:
    return (
        isinstance(key.get("kid"), str)
        and key.get("use", "sig") == "sig"
        and "verify" in key.get("key_ops", ["verify"])
    )


async def _download(url: str) -> bytes:
    timeout = aiohttp.ClientTimeout(total=_TIMEOUT_SECONDS)
    async with (
        aiohttp.ClientSession(timeout=timeout, raise_for_status=True) as session,
        session.get(url, allow_redirects=False) as answer,
    ):
        content = await answer.content.read(_MAX_BYTES + 1)
        while len(content) <= _MAX_BYTES and (more := await answer.content.read(_MAX_BYTES)):
            content += more
    return _bounded(content)


def _read(path: Path) -> bytes:
    with path.open("rb") as file:
        return _bounded(file.read(_MAX_BYTES + 1))


def _bounded(content: bytes) -> bytes:
    if len(content) > _MAX_BYTES:
        raise ValueError("a set of keys is not that large")
    return content
