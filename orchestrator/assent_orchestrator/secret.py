"""Files that hold a secret: made once, read by their owner alone."""

import os
import tempfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from assent_sidecar.rights import open_to_others


class OpenToOthersError(Exception):
    """Others can read the file, so what is in it is no secret; the message names the file."""


def read_secret(path: Path) -> bytes:
    """Return what is in ``path``.

    Raises:
        OpenToOthersError: others can read the file.
        OSError: the file cannot be read, or there is none.

    """
    with path.open("rb") as file:
        if open_to_others(file):
            raise OpenToOthersError(f"{path} can be read by others: chmod 600 it, and replace the key")
        return file.read()


def read_or_make(path: Path, make: Callable[[], bytes]) -> bytes:
    """Return what is in ``path``; when there is no such file, put what ``make`` returns there (0600).

    Raises:
        OpenToOthersError: others can read the file.
        OSError: the file cannot be read or written.

    """
    with suppress(FileNotFoundError):
        return read_secret(path)
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    descriptor, scratch = tempfile.mkstemp(dir=path.parent, prefix=".key-")  # mkstemp makes it 0600
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(make())
            file.flush()
            os.fsync(descriptor)
        # A link appears whole or not at all; of two processes that start at once, the later one reads the other's key.
        with suppress(FileExistsError):
            os.link(scratch, path)
    finally:
        Path(scratch).unlink()
    return read_secret(path)
