"""Files of keys: secret ones are made once and read by their owner alone, public halves are put in place whole."""

import errno
import os
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from assent_sidecar.rights import open_to_others
from assent_sidecar.scratch import write_scratch


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
    # Of two processes that start at once, the later one reads the other's key.
    with suppress(FileExistsError):
        put_new(path, make())
    return read_secret(path)


def put_new(path: Path, content: bytes) -> None:
    """Make the file ``path`` (0600) with ``content``: it appears whole or not at all, whoever dies meanwhile.

    Raises:
        FileExistsError: it is there already, and stays as it is.
        OSError: the file cannot be written.

    """
    if path.exists():  # where nobody may write, it is there all the same: a mounted secret
        raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(path))
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    scratch = write_scratch(path.parent, content, prefix=".key-")
    try:
        os.link(scratch, path)
    finally:
        scratch.unlink()


def put_whole(path: Path, content: bytes) -> None:
    """Put ``content`` in ``path`` (0600): whoever reads it finds the old or the new, however many write it at once.

    Raises:
        OSError: the file cannot be written.

    """
    scratch = write_scratch(path.parent, content, prefix=".key-")
    try:
        scratch.replace(path)
    except OSError:
        scratch.unlink()
        raise
