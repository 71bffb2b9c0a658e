"""Who may read a file that holds a secret."""

import os
import stat
from typing import IO


def open_to_others(file: IO[str] | IO[bytes]) -> bool:
    """Say whether anybody but its owner has a right on an open file."""
    return bool(stat.S_IMODE(os.fstat(file.fileno()).st_mode) & 0o077)
