"""What policies must say of themselves: what each is about, for which control it refuses, and what holds by default."""

import asyncio
import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from assent_sidecar.bundle.annotation import annotations_in
from assent_sidecar.bundle.command import CommandError, run
from assent_sidecar.bundle.policies import read_policy
from assent_sidecar.bundle.tree import POLICIES
from assent_sidecar.model import Json
from assent_sidecar.opa.binary import Binary
from assent_sidecar.policy.report import Check, Outcome, Part

ENTRY = "assent/main.rego"
"""Where the decision stands in the library, for bundles in which it stands nowhere."""

_STRICT = re.compile(r"^\s*(deny|halt|require_approval)\s+contains\b")
"""A rule whose findings keep something from happening: somebody will want to know why."""

_DEFAULTS = """found := [file |
    some file, text in input
    module := rego.parse_module(file, text)
    [part.value | some part in module.package.path] == ["data", "assent"]
    some rule in module.rules
    rule.default
    rule.head.ref[0].value == "decision"
    count(rule.head.ref) == 1
    some pair in rule.head.value.value
    [pair[0].value, pair[1].value] == ["verdict", "deny"]
]"""


async def declared(texts: Mapping[str, str], folder: Path, binary: Binary, *, niceness: int = 0) -> tuple[Check, ...]:
    """Check what the Rego files ``texts`` of a bundle say of themselves; ``folder`` holds them as files.

    Every package below ``policies`` needs a title, and every rule right below a scope that denies, halts or demands an
    approval a control: its own, that of all rules of its name, or the package's (``labels.control``). The decision
    needs a default, which is a deny.

    Raises:
        CommandError: OPA cannot be run, or does not say what it reads.
    """
    library = {path: text for path, text in texts.items() if not path.startswith(f"{POLICIES}/")}
    asked = ("eval", "--stdin-input", "--format", "json", _DEFAULTS)
    notes, evaluated = await asyncio.gather(
        annotations_in(folder, binary, niceness=niceness),
        run(binary, *asked, cwd=folder, stdin=json.dumps(library).encode(), niceness=niceness),
    )
    try:
        defaults = json.loads(evaluated.stdout)["result"][0]["bindings"]["found"]
    except (ValueError, KeyError, IndexError, TypeError) as error:
        raise CommandError(f"opa eval did not read the library: {evaluated.stderr[:500]}") from error
    checks = [check for path in sorted(texts) for check in _of(path, texts[path], notes)]
    if not defaults:
        what = "data.assent.decision has no default that is a deny"
        checks.append(Check(Part.METADATA, what, Outcome.FAILED, ENTRY, 1, f"{what}: what nobody foresaw is undefined"))
    return tuple(checks)


def _of(path: str, text: str, notes: list[Json]) -> Iterator[Check]:
    """Yield what one file does not say, or that it says everything."""
    if not path.startswith(f"{POLICIES}/"):
        return
    here = [note for note in notes if note["location"]["file"].removeprefix("./") == path]
    package = [note["annotations"] for note in here if note["annotations"]["scope"] in {"package", "subpackages"}]
    missing = []
    if not any(one.get("title") for one in package):
        missing.append((1, "the package has no title: begin the file with # METADATA and # title: ..."))
    if read_policy(path, text).is_asked and not any(_control(one) for one in package):
        missing.extend(_uncontrolled(text, here))
    for line, what in missing:
        yield Check(Part.METADATA, what, Outcome.FAILED, path, line, what)
    if not missing:
        yield Check(Part.METADATA, path, Outcome.PASSED, path)


def _uncontrolled(text: str, here: list[Json]) -> Iterator[tuple[int, str]]:
    rows = {note["location"]["row"] for note in here if _control(note["annotations"])}
    names = {
        note["path"][-1]["value"]
        for note in here
        if note["annotations"]["scope"] == "document" and _control(note["annotations"])
    }
    for number, line in enumerate(text.splitlines(), start=1):
        found = _STRICT.match(line)
        if found and number not in rows and found[1] not in names:
            yield number, f"{found[1]!r} names no control: put # METADATA with labels: control: ... before it"


def _control(annotations: Mapping[str, Json]) -> bool:
    labels = annotations.get("labels")
    return isinstance(labels, dict) and bool(labels.get("control"))
