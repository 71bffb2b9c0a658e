"""A file beside the place that it is to take: written there whole, so that nobody finds half of it in its place."""

import os
import tempfile
from pathlib import Path


def write_scratch(folder: Path, content: bytes, *, prefix: str) -> Path:
    """Write a new file in ``folder`` (0600), of a name that begins with ``prefix``; it is on disk when this returns.

    Raises:
        OSError: it cannot be written; nothing of it is left.
    """
    descriptor, name = tempfile.mkstemp(prefix=prefix, dir=folder)  # mkstemp makes it 0600
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(descriptor)
    except BaseException:
        Path(name).unlink()
        raise
    return Path(name)
