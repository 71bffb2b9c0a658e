"""The bundle of a workspace in a folder on this machine, built here. Whoever may write there decides."""

import asyncio
import hashlib
import os
from collections.abc import AsyncGenerator, Callable
from pathlib import Path

from assent_sidecar.bundle.archive import Bundle
from assent_sidecar.bundle.build import build_bundle
from assent_sidecar.bundle.origin.watch import changes_of
from assent_sidecar.bundle.tree import DOCUMENTS, POLICIES
from assent_sidecar.opa.binary import Binary

_FILES = ("assent.yaml", "memory.yaml", "ledgers.yaml")


class FolderOrigin:
    """A workspace folder; it is not signed, since it never left this machine."""

    def __init__(
        self, root: Path, binary: Binary, *, every: float = 30.0, under: Callable[[], Bundle] | None = None
    ) -> None:
        """Name the folder, the compiler, and how many seconds pass at most between two looks at it.

        ``under`` returns the bundle in force of the organisation that it is a tenant of; when that is another one, it
        is built anew.
        """
        self._root = root.resolve()
        self._binary = binary
        self._every = every
        self._under = under
        self._seen: str | None = None
        self._taken: str | None = None

    @property
    def name(self) -> str:
        """The folder."""
        return f"workspace {self._root}"

    @property
    def local(self) -> bool:
        """It is built here."""
        return True

    async def fetch(self) -> Bundle | None:
        """Build the bundle, unless nothing changed since it was taken. Raises as ``build_bundle``."""
        org = self._under() if self._under is not None else None
        seen = await asyncio.to_thread(fingerprint, self._root)
        if org is not None:
            seen = f"{seen} under {org.revision}"
        if seen == self._taken:
            return None
        bundle = await build_bundle(self._root, self._binary, under=org)
        self._seen = seen  # of before the build: what changed meanwhile is seen the next time
        return bundle

    def taken(self) -> None:
        """Build no more until a file changes."""
        self._taken = self._seen

    def changes(self) -> AsyncGenerator[None]:
        """Yield when a file changed."""
        return changes_of(self._root, self._every, relevant=self._is_ours, recursive=True)

    async def close(self) -> None:
        """Do nothing: nothing is open."""

    def _is_ours(self, path: Path) -> bool:
        parts = path.parts[len(self._root.parts) :]
        return bool(parts) and parts[0] in {*_FILES, *DOCUMENTS, POLICIES}


def fingerprint(root: Path) -> str:
    """Return a digest over every file that can be part of a workspace, by name and content."""
    found = hashlib.sha256()
    for path in sorted(_paths(root)):
        try:
            content = path.read_bytes()
        except OSError:
            content = b"?"
        for part in (os.fsencode(path.relative_to(root)), content):
            found.update(len(part).to_bytes(8) + part)
    return found.hexdigest()


def _paths(root: Path) -> list[Path]:
    below = [path for folder in (*DOCUMENTS, POLICIES) for path in (root / folder).rglob("*") if not path.is_dir()]
    return [*(root / name for name in _FILES if os.path.lexists(root / name)), *below]
