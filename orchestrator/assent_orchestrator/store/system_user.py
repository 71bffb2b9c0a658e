"""Who the embedded PostgreSQL runs as: who we are, or, where that is root, a system account without any rights."""

import logging
import os
import pwd
import stat
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_UNPRIVILEGED = "assent-postgres"

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class SystemUser:
    """Who programs of PostgreSQL run as; ``entry`` is None where that is who we are. Every method blocks."""

    entry: pwd.struct_passwd | None = None

    @property
    def uid(self) -> int:
        """Its number."""
        return self.entry.pw_uid if self.entry else os.geteuid()

    @property
    def identity(self) -> dict[str, Any]:
        """What ``subprocess`` has to be told for a program to run as this user."""
        if self.entry is None:
            return {}
        return {"user": self.entry.pw_uid, "group": self.entry.pw_gid, "extra_groups": []}

    def own(self, path: Path) -> None:
        """Give the user a file or folder of ours."""
        if self.entry:
            os.chown(path, self.entry.pw_uid, self.entry.pw_gid, follow_symlinks=False)

    def let_through(self, path: Path) -> None:
        """Let the user pass through (not read) a folder and those above it, where it is not us."""
        if self.entry is None:
            return
        for folder in (path, *path.parents):
            mode = stat.S_IMODE(folder.stat().st_mode)
            if not mode & stat.S_IXOTH:
                _log.warning(
                    "letting other accounts pass through a folder to reach PostgreSQL's", extra={"folder": folder}
                )
                folder.chmod(mode | stat.S_IXOTH)


def find_user() -> SystemUser:
    """Return who PostgreSQL may run as. Where we are root, the account is made if missing, without login and home.

    Raises:
        OSError, subprocess.SubprocessError: it cannot be made.
    """
    if os.geteuid() != 0:
        return SystemUser()
    try:
        return SystemUser(pwd.getpwnam(_UNPRIVILEGED))
    except KeyError:
        _log.warning("making a system account for PostgreSQL, which refuses to run as root")
        command = ("useradd", "--system", "--no-create-home", "--shell", "/usr/sbin/nologin", _UNPRIVILEGED)
        subprocess.run(command, check=True, capture_output=True, timeout=30)  # noqa: S603 -- fixed, no shell
        return SystemUser(pwd.getpwnam(_UNPRIVILEGED))
