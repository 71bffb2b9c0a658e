"""The program buf, as it comes with its wheel, and what it and git know about our files."""

import subprocess
import sys
import tarfile
from io import BytesIO
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PROTO = ROOT / "proto"


def buf(*arguments: str) -> str:
    """Run buf and return what it complains about: nothing when all is well."""
    program = Path(sys.executable).parent / "buf"
    done = subprocess.run([program, *arguments], capture_output=True, text=True, check=False, timeout=60)
    complaints = done.stdout + done.stderr
    assert done.returncode == 0 or complaints
    return complaints if done.returncode else ""


def committed(folder: Path) -> str | None:
    """Unpack ``proto/`` into ``folder`` as the branch main has it; return which commit, or None when there is none."""
    for branch in ("main", "origin/main"):
        named = subprocess.run(
            ["git", "rev-parse", "--verify", "--quiet", f"{branch}^{{commit}}"],
            cwd=ROOT, capture_output=True, text=True, check=False, timeout=60,
        )  # fmt: skip
        if named.returncode == 0:
            break
    else:
        return None
    commit = named.stdout.strip()
    packed = subprocess.run(
        ["git", "archive", "--format=tar", commit, "proto"], cwd=ROOT, capture_output=True, check=False, timeout=60
    )
    if packed.returncode != 0:
        return None
    with tarfile.open(fileobj=BytesIO(packed.stdout)) as archive:
        archive.extractall(folder, filter="data")
    return commit
