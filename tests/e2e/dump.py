"""PostgreSQL's own programs for backup and restore, as an operator uses them."""

import contextlib
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import sqlalchemy as sa

from assent_orchestrator.store.cluster import find_programs
from assent_orchestrator.store.embedded import EmbeddedServer


def dump(url: str) -> str:
    """Return the database at ``url`` as text."""
    return _ran("pg_dump", "--no-owner", "--no-privileges", "--quote-all-identifiers", "--dbname", url)


def restore(url: str, content: str) -> None:
    """Bring a dump into the empty database at ``url``."""
    _ran(
        "psql",
        "--no-psqlrc",
        "--quiet",
        "--set",
        "ON_ERROR_STOP=1",
        "--single-transaction",
        "--dbname",
        url,
        content=content,
    )


@contextlib.contextmanager
def embedded(folder: Path) -> Iterator[str]:
    """The embedded PostgreSQL of a data folder, with no server of ours beside it: its URL as libpq reads it."""
    server = EmbeddedServer(folder / "postgres")
    server.start()
    try:
        yield libpq(server.url)
    finally:
        server.stop()


def libpq(url: sa.URL) -> str:
    return url.set(drivername="postgresql").render_as_string(hide_password=False)


def _ran(program: str, *arguments: str, content: str = "") -> str:
    done = subprocess.run(
        [find_programs() / program, *arguments],
        input=content,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
        env={"PATH": os.environ["PATH"], "LC_ALL": "C"},
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stdout
