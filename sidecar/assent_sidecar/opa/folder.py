"""The folder in which an engine listens: nobody else's, gone with the engine, and swept up if that was killed."""

import os
import re
import shutil
import tempfile
from pathlib import Path

from assent_sidecar.opa.process import LONGEST_SOCKET_PATH

SOCKET = "opa.sock"

_FOLDER = re.compile(r"^engine-([0-9]+)-")
_ELSEWHERE = "elsewhere"


def make_folder(state_dir: Path) -> Path:
    """Make a folder 0700 for one engine, and sweep up what killed processes left; `listening_place` is in it.

    Raises:
        OSError: a folder cannot be made here.
    """
    state_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    for entry in state_dir.iterdir():
        left = _FOLDER.match(entry.name)
        if left and not _alive(int(left[1])):
            remove_folder(entry)
    folder = Path(tempfile.mkdtemp(prefix=f"engine-{os.getpid()}-", dir=state_dir)).resolve()
    if len(os.fsencode(folder / SOCKET)) > LONGEST_SOCKET_PATH:
        (folder / _ELSEWHERE).symlink_to(Path(tempfile.mkdtemp(prefix="assent-")).resolve())
    return folder


def listening_place(folder: Path) -> Path:
    """Return where the engine of a folder listens: there, or among the temporary files if its path is too long."""
    try:
        return (folder / _ELSEWHERE).readlink()
    except FileNotFoundError:
        return folder


def remove_folder(folder: Path) -> None:
    """Remove the folder of an engine that has ended, and the place where that listened."""
    for place in (listening_place(folder), folder):
        shutil.rmtree(place, ignore_errors=True)


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except OSError:  # somebody else's
        return True
    return True
