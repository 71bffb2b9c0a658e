"""The checkout as the architecture tests see it: its files, and what its Python files import."""

import ast
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
GENERATED = ("proto/gen/", "proto/third_party/")
ORCHESTRATOR = "orchestrator/assent_orchestrator"
SIDECAR = "sidecar/assent_sidecar"


def files(*suffixes: str) -> list[str]:
    """Return the files that git tracks, or would if they were added, except generated and vendored ones."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    names = sorted({name for name in listed.stdout.split("\0") if name})
    kept = [name for name in names if not name.startswith(GENERATED) and (ROOT / name).is_file()]
    return [name for name in kept if not suffixes or name.endswith(suffixes)]


def product() -> list[str]:
    """Return the Python files that users install, except the generated ones."""
    return [name for name in files(".py") if name.startswith((f"{ORCHESTRATOR}/", f"{SIDECAR}/"))]


def read(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


@dataclass(frozen=True)
class Import:
    """One imported thing, by its full dotted name, and where."""

    name: str
    line: int

    def of(self, package: str) -> bool:
        return self.name == package or self.name.startswith(f"{package}.")


def imports(source: str) -> Iterator[Import]:
    """Yield each absolute import of a module, those for type checkers and those inside functions too."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (Import(alias.name, node.lineno) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            yield from (Import(f"{node.module}.{alias.name}", node.lineno) for alias in node.names)


def inside(name: str, room: str) -> bool:
    """Tell whether a file is the module ``room`` or lies in the package ``room``, a path without ``.py``."""
    return name == f"{room}.py" or name.startswith(f"{room}/")
