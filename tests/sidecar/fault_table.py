"""The faults of ``tests/cases/faults``: what can go wrong, how it is brought about, and the answer.

``python -m tests.sidecar.fault_table docs/fail-closed.md`` writes the page that people read; a test compares.
"""

import json
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "tests/cases/faults"
PAGE = ROOT / "docs/fail-closed.md"
INJECTIONS = frozenset({"says", "policy", "without", "context", "http", "raw", "slow", "test"})

_HEAD = """\
# Fail closed

Every way in which a decision can go wrong, and the answer. In all of them nothing is permitted: the verdict is `deny`
with the one reason code of the row, `fault` is set on the decision, and the record says so (but for `ENGINE_BUSY`,
where nothing was asked). What each code means is in
[sidecar/README.md](../sidecar/README.md#when-there-is-no-decision).

This page is generated from `tests/cases/faults/*.yaml`, which are also what the tests run; do not edit it here. After a
change: `python -m tests.sidecar.fault_table docs/fail-closed.md`. Beyond these rows, `make fuzz` looks for more.
"""

_SLOW = {
    "body": "headers, then a byte now and then, for ever",
    "head": "a byte of a header now and then, for ever",
    "nothing": "the question is read, nothing is written",
    "deaf": "the connection is taken, nothing is read",
    "absent": "there is no socket",
}


class FaultTableError(Exception):
    """A file of the table is not as the tests understand it."""


@dataclass(frozen=True)
class Fault:
    """One row: ``how`` names the injection, ``what`` is its value."""

    name: str
    how: str
    what: Any
    code: str | None
    answer: str
    kind: str
    then: str


@dataclass(frozen=True)
class Section:
    """One file."""

    title: str
    intro: str
    faults: tuple[Fault, ...]


def sections(folder: Path = FOLDER) -> tuple[Section, ...]:
    """Read the table, in the order of the files."""
    return tuple(_section(path) for path in sorted(folder.glob("*.yaml")))


def faults() -> tuple[Fault, ...]:
    """Read every row."""
    return tuple(fault for section in sections() for fault in section.faults)


def _section(path: Path) -> Section:
    read = YAML(typ="safe", pure=True).load(path.read_text(encoding="utf-8"))
    return Section(read["title"], read["intro"].strip(), tuple(_fault(path, row) for row in read["faults"]))


def _fault(path: Path, row: Mapping[str, Any]) -> Fault:
    how = INJECTIONS & set(row)
    rest = set(row) - how - {"fault", "code", "answer", "kind", "then"}
    if len(how) != 1 or rest or ("code" in row) == ("answer" in row):
        raise FaultTableError(f"{path.name}: {row.get('fault')}: one injection, and a code or an answer")
    if "answer" in row and "test" not in row:
        raise FaultTableError(f"{path.name}: {row['fault']}: an answer in words needs a test of its own")
    [name] = how
    code = row.get("code")
    answer = f"deny `{code}`" if code else row["answer"]
    return Fault(row["fault"], name, row[name], code, answer, row.get("kind", "action"), row.get("then", ""))


def page() -> str:
    """Return the page."""
    parts = [_HEAD]
    for section in sections():
        rows = "".join(
            f"| {_cell(fault.name)} | {_cell(_injection(fault))} | {_cell(_answer(fault))} |\n"
            for fault in section.faults
        )
        parts.append(
            f"## {section.title}\n\n{section.intro}\n\n| fault | brought about by | answer |\n|---|---|---|\n{rows}"
        )
    return "\n".join(parts)


def _answer(fault: Fault) -> str:
    return f"{fault.answer}; {fault.then}" if fault.then else fault.answer


def _injection(fault: Fault) -> str:
    said = _INJECTION[fault.how](fault.what)
    return said if fault.kind == "action" or fault.how == "test" else f"{said}, kind `{fault.kind}`"


def _http(what: Mapping[str, Any]) -> str:
    told = {
        "status": lambda value: f"status `{value}`",
        "headers": lambda value: ", ".join(f"`{name}: {content}`" for name, content in value.items()),
        "body": lambda value: (
            f"body `{value.encode('ascii', 'backslashreplace').decode()}`" if value else "an empty body"
        ),
        "json": lambda value: f"with `{json.dumps(value)}`",
        "cut": lambda value: f"the last {value} bytes are missing" if value > 1 else "the last byte is missing",
        "length": lambda _: "`Content-Length` is one less than the body",
        "twice": lambda _: "the body twice",
        "padding": lambda value: f"{value:,} spaces",
    }
    return ", ".join(told[key](value) for key, value in what.items())


_INJECTION: Mapping[str, Any] = {
    "says": lambda what: f"`{json.dumps(what)}`",
    "policy": lambda what: f"`{'; '.join(what.split(chr(10) * 2))}`" if what else "a bundle without it",
    "without": lambda what: f"without {', '.join(f'`{name}`' for name in what)}" if what else "nothing of it",
    "context": lambda what: f"`{what}` in the context",
    "http": _http,
    "raw": lambda what: f"`{what.encode('unicode_escape').decode()}`, then the end" if what else "the end",
    "slow": lambda what: _SLOW[what],
    "test": lambda what: f"[{what.split('::')[1].removeprefix('test_').replace('_', ' ')}](../{what.split('::')[0]})",
}


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(page(), encoding="utf-8")
