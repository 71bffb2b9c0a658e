"""The folder in which an engine listens: nobody else's, gone with the engine, and swept up if that was killed."""

import os
import re
import shutil
import tempfile
from pathlib import Path

from assent_sidecar.opa.process import LONGEST_SOCKET_PATH

SOCKET = "opa.sock"

_FOLDER = re.compile(r"^engine-([0-9]+)-")


def make_folder(state_dir: Path) -> Path:
    """Make a folder 0700 for one engine; where the path is too long for a socket, among the temporary files."""
    state_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    for entry in state_dir.iterdir():
        left = _FOLDER.match(entry.name)
        if left and not _alive(int(left[1])):
            shutil.rmtree(entry, ignore_errors=True)  # of a process that was killed
    prefix = f"engine-{os.getpid()}-"
    folder = Path(tempfile.mkdtemp(prefix=prefix, dir=state_dir)).resolve()
    if len(os.fsencode(folder / SOCKET)) <= LONGEST_SOCKET_PATH:
        return folder
    folder.rmdir()
    return Path(tempfile.mkdtemp(prefix="assent-"))


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except OSError:  # somebody else's
        return True
    return True
