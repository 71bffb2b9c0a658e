"""Keeps what was in force: the last archives, and the standing. Whole and on disk, or not at all."""

import fcntl
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from pydantic import ValidationError

from assent_sidecar.bundle.archive import Bundle
from assent_sidecar.bundle.refusal import BundleNotKeptError, BundleOlderError
from assent_sidecar.bundle.sequence import Standing
from assent_sidecar.scratch import write_scratch

KEPT = 5
"""Archives of what was in force that are kept, so that one can be gone back to by its name."""

_STANDING = "standing.json"
_REVISION = re.compile(r"sha256:([0-9a-f]{64})")


class Keep:
    """A folder 0700 with files 0600; servers of one data folder share it. It does file I/O: call it from a thread."""

    def __init__(self, folder: Path) -> None:
        """Name the folder; it is made when something is kept."""
        self._folder = folder

    def standing(self) -> Standing:
        """Return what is remembered; of a new folder, nothing.

        Raises:
            BundleNotKeptError: the file is there and cannot be read. Nobody guesses then what was in force.
        """
        path = self._folder / _STANDING
        try:
            return Standing.model_validate_json(path.read_bytes())
        except FileNotFoundError:
            return Standing()
        except (OSError, ValidationError) as error:
            raise BundleNotKeptError(
                f"{path} cannot be read ({type(error).__name__}); without it nobody knows which bundles are older: "
                "restore it, or remove the folder to begin anew"
            ) from error

    def revisions(self) -> frozenset[str]:
        """Return the revisions of all archives that are there, whether they were in force or not."""
        try:
            return frozenset(f"sha256:{path.name.removesuffix('.tar.gz')}" for path in self._folder.glob("*.tar.gz"))
        except OSError:
            return frozenset()

    def load(self, revision: str) -> bytes | None:
        """Return the archive of a revision, None when it is not kept."""
        with suppress(OSError):
            return self._archive(revision).read_bytes()
        return None

    def prepare(self, bundle: Bundle, standing: Standing) -> "Prepared":
        """Write everything that ``commit`` will need; nothing counts before that.

        Raises:
            BundleNotKeptError: it cannot be written: the disk is full, say.
        """
        scratch: Path | None = None
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            archive = self._archive(bundle.revision)
            if self.load(bundle.revision) != bundle.archive:
                self._scratch(bundle.archive).replace(archive)
            scratch = self._scratch(standing.model_dump_json().encode())
        except OSError as error:
            raise BundleNotKeptError(f"the bundle cannot be kept in {self._folder}: {error.strerror}") from error
        return Prepared(self, bundle, scratch, standing)

    def commit(self, bundle: Bundle, scratch: Path, standing: Standing) -> None:
        """Make what was prepared count.

        Raises:
            BundleNotKeptError: it cannot be written.
            BundleOlderError: another server of this folder was faster, and has a later one.
        """
        try:
            with self._locked():
                there = self.standing()
                if there.sequence is not None and (standing.sequence is None or standing.sequence < there.sequence):
                    raise BundleOlderError(f"another server has the sequence {there.sequence} in force meanwhile")
                if self.load(bundle.revision) is None:  # another server of this folder took it for put aside
                    self._scratch(bundle.archive).replace(self._archive(bundle.revision))
                scratch.replace(self._folder / _STANDING)
                _sync_folder(self._folder)
                waiting = standing.waiting.revision if standing.waiting is not None else None
                self._prune({there.active, standing.active, standing.held, waiting, *standing.been[:KEPT]})
        except OSError as error:
            raise BundleNotKeptError(f"the bundle cannot be kept in {self._folder}: {error.strerror}") from error

    def _archive(self, revision: str) -> Path:
        found = _REVISION.fullmatch(revision)
        if found is None:
            raise BundleNotKeptError(f"{revision[:80]!r} is not a revision; it is sha256: and 64 hexadecimal digits")
        return self._folder / f"{found[1]}.tar.gz"

    def _scratch(self, content: bytes) -> Path:
        return write_scratch(self._folder, content, prefix=".new-")

    def _prune(self, needed: set[str | None]) -> None:
        """Remove what was in force long ago, and what was put aside without ever having been."""
        with suppress(OSError):
            keep = {self._archive(revision) for revision in needed if revision is not None}
            for path in self._folder.glob("*.tar.gz"):
                if path not in keep:
                    path.unlink()

    @contextmanager
    def _locked(self) -> Iterator[None]:
        with os.fdopen(os.open(self._folder / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)) as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield


@dataclass(frozen=True, slots=True)
class Prepared:
    """A bundle that is on disk and does not count yet."""

    keep: Keep
    bundle: Bundle
    scratch: Path
    standing: Standing

    def commit(self) -> None:
        """Make it count; raises as ``Keep.commit``."""
        self.keep.commit(self.bundle, self.scratch, self.standing)

    def discard(self) -> None:
        """Leave no trace but the archive."""
        self.scratch.unlink(missing_ok=True)


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
