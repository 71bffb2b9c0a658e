"""A clean clone of this checkout, and programs run in it as on a machine without Go."""

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
REGISTRIES = pytest.mark.skipif(
    not os.environ.get("ASSENT_COLD_BUILD"),
    reason="needs the package registries and some minutes: ASSENT_COLD_BUILD=1 (.ci/run) runs it",
)


@dataclass(frozen=True)
class Checkout:
    """A clean clone: the tracked files of this one as they are now, committed, and nothing else."""

    root: Path
    path: str
    """A search path without any Go."""

    def environ(self, **more: str) -> dict[str, str]:
        """The caller's environment, with nothing of Go's and of this virtual environment's."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("GO", "VIRTUAL_ENV"))}
        return {**kept, "PATH": self.path, **more}

    def run(self, *command: str | Path, environ: Mapping[str, str] | None = None) -> str:
        """Run a program here and return what it said; fail the test with all of it when it fails."""
        done = subprocess.run(
            command,
            cwd=self.root,
            env=environ or self.environ(),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout
        return done.stdout

    def build(self, target: Path, **more: str) -> Path:
        """Build a wheel into ``target``, as ``pip install`` of a checkout does, and return it."""
        uv = (sys.executable, "-m", "uv", "build", "--python", sys.executable)
        self.run(*uv, "--wheel", "--out-dir", str(target), environ=self.environ(**more))
        [wheel] = target.glob("*.whl")
        return wheel


def path_without_go(folder: Path) -> str:
    """Return a search path with git, make and the basic tools, and no Go, wherever this machine keeps its own."""
    folder.mkdir()
    names = ("git", "make", "sh", "bash", "env", "sed", "awk", "grep", "rm", "mkdir", "touch", "find", "test", "uname")
    for name in names:
        found = shutil.which(name)
        if found is not None:
            (folder / name).symlink_to(found)
    (folder / "python3").symlink_to(sys.executable)
    assert shutil.which("go", path=str(folder)) is None
    return str(folder)
