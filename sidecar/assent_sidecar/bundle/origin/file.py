"""A bundle in a file, which somebody else replaces."""

import asyncio
import hashlib
from collections.abc import AsyncGenerator
from pathlib import Path

from assent_sidecar.bundle.archive import Bundle
from assent_sidecar.bundle.origin.watch import changes_of
from assent_sidecar.bundle.refusal import BundleUnavailableError
from assent_sidecar.bundle.verify import Trust

LARGEST_ARCHIVE = 256 * 1024 * 1024
"""Bytes of a packed bundle at most."""


class FileOrigin:
    """A file; it may be replaced at any time, and is best replaced by a rename."""

    def __init__(self, path: Path, trust: Trust, *, every: float = 30.0) -> None:
        """Name the file, what is believed, and how many seconds pass at most between two looks at it."""
        self._path = path.resolve()
        self._trust = trust
        self._every = every
        self._seen: bytes | None = None
        self._taken: bytes | None = None

    @property
    def name(self) -> str:
        """The file."""
        return f"file {self._path}"

    @property
    def local(self) -> bool:
        """Somebody else made it."""
        return False

    async def fetch(self) -> Bundle | None:
        """Read the file, unless it is the one that was taken.

        Raises:
            BundleUnavailableError: it cannot be read.
            SidecarError: it is not believed; see ``Trust.read``.
        """
        archive = await asyncio.to_thread(self._read)
        seen = hashlib.sha256(archive).digest()
        if seen == self._taken:
            return None
        bundle = await asyncio.to_thread(self._trust.read, archive)
        self._seen = seen
        return bundle

    def taken(self) -> None:
        """Read it only to see whether it changed."""
        self._taken = self._seen

    def changes(self) -> AsyncGenerator[None]:
        """Yield when something in its folder changed: a rename is seen there only."""
        return changes_of(
            self._path.parent, self._every, relevant=lambda path: path.name == self._path.name, recursive=False
        )

    async def close(self) -> None:
        """Do nothing: nothing is open."""

    def _read(self) -> bytes:
        try:
            with self._path.open("rb") as file:
                archive = file.read(LARGEST_ARCHIVE + 1)
        except OSError as error:
            raise BundleUnavailableError(f"{self._path} cannot be read: {error.strerror}") from error
        if len(archive) > LARGEST_ARCHIVE:
            raise BundleUnavailableError(f"{self._path} is larger than {LARGEST_ARCHIVE} bytes")
        return archive
