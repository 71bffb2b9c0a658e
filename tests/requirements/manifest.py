"""What was promised, sentence by sentence, and which tests say that they prove it.

The promises are the YAML files beside this one, one a part: ``id: {sentence: ..., source: ...}``. A test names those
that it proves with ``@pytest.mark.requirement("id", ...)``, a case file with a key ``requirement:`` (one id or a list).
"""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

FOLDER = Path(__file__).resolve().parent
ROOT = FOLDER.parents[1]
AREAS = (
    "build", "engine", "proto", "sidecar", "orchestrator", "audit", "traces", "example", "demo", "cli", "bad-input",
    "speed", "done", "shadow",
)  # fmt: skip


class ManifestError(Exception):
    """A file of the manifest, or a mark, is not as described above."""


@dataclass(frozen=True)
class Requirement:
    """One promise: in whose words, and where they stand."""

    id: str
    sentence: str
    source: str
    file: str


@dataclass(frozen=True)
class Claim:
    """One test, or case, that says it proves the requirement ``id``."""

    id: str
    where: str


def promised(folder: Path = FOLDER) -> dict[str, Requirement]:
    """Read every promise; raise ``ManifestError`` when one is said twice, or has no sentence or source."""
    found: dict[str, Requirement] = {}
    for file in sorted(folder.glob("*.yaml")):
        for name, entry in _yaml(file).items():
            if not isinstance(entry, dict) or set(entry) != {"sentence", "source"}:
                raise ManifestError(f"{file.name}: {name} must have exactly a sentence and a source")
            if not all(isinstance(text, str) and text.strip() for text in entry.values()):
                raise ManifestError(f"{file.name}: the sentence and the source of {name} must be text")
            if name in found:
                raise ManifestError(f"{name} is in {found[name].file} and in {file.name}")
            if name.partition(".")[0] not in AREAS:
                raise ManifestError(f"{file.name}: {name} must begin with one of {', '.join(AREAS)}")
            found[name] = Requirement(name, entry["sentence"], entry["source"], file.name)
    return found


def claimed(root: Path = ROOT) -> tuple[Claim, ...]:
    """Return every claim of the tests and of the case files below ``root``."""
    tests = [claim for file in sorted((root / "tests").rglob("*.py")) for claim in _marks(file, root)]
    # Not the workspaces that tests keep as fixtures: some of them are broken on purpose.
    files = [file for pattern in ("tests/cases/**/*.yaml", "examples/*/cases/**/*.yaml") for file in root.glob(pattern)]
    cases = [Claim(name, str(file.relative_to(root))) for file in sorted(files) for name in _named(_yaml(file))]
    return (*tests, *cases)


def _marks(file: Path, root: Path) -> Iterator[Claim]:
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if not (
            isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "requirement"
        ):
            continue
        where = f"{file.relative_to(root)}:{node.lineno}"
        if not node.args or node.keywords:
            raise ManifestError(f"{where}: a requirement is marked by its id")
        for argument in node.args:
            if not (isinstance(argument, ast.Constant) and isinstance(argument.value, str)):
                raise ManifestError(f"{where}: write the id out, so that it can be found by searching")
            yield Claim(argument.value, where)


def _named(value: Any) -> Iterator[str]:
    """Yield the ids below any key ``requirement``, at any depth: case files of several shapes carry it."""
    if isinstance(value, dict):
        for key, inner in value.items():
            if key != "requirement":
                yield from _named(inner)
            elif isinstance(inner, list):
                yield from map(str, inner)
            else:
                yield str(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _named(inner)


def _yaml(file: Path) -> Any:
    return YAML(typ="safe", pure=True).load(file.read_text(encoding="utf-8")) or {}
