"""Which process and socket of a server is which, for those who measure them."""

import psutil

from assent_orchestrator.app.assembly import App
from assent_sidecar.sidecar import Sidecar


def engine_socket(sidecar: Sidecar) -> str:
    """Return the path of the socket on which the engine answers; it is a process of ours here."""
    if sidecar.process is None:
        raise AssertionError("the engine is somebody else's")
    return str(sidecar.process.socket)


def engine_pid() -> int:
    """Return the number of the engine's process, a child of this one."""
    return next(one.pid for one in psutil.Process().children() if one.name().startswith("opa"))


def postmaster_pid(app: App) -> int:
    """PostgreSQL writes the number of its first process on the first line."""
    return int((app.settings.data / "postgres" / "data" / "postmaster.pid").read_text().split()[0])
