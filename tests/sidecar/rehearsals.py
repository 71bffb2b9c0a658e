"""A small bundle that passes its rehearsal, and variations of it that do not."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from assent_sidecar.bundle.archive import Bundle
from assent_sidecar.bundle.checks import CHECKS, CarriedCase, Checks, write_checks
from assent_sidecar.bundle.verify import Trust
from assent_sidecar.policy.cases import Want
from tests.sidecar.engines import ROOT, question
from tests.sidecar.signed import packed

BAD: list[dict[str, Any]] = YAML(typ="safe", pure=True).load((ROOT / "tests/cases/rehearsals/bad.yaml").read_text())

MAIN = """package assent

default decision := {"verdict": "deny", "reasons": [{"code": "NO_GRANT"}]}

decision := {
	"verdict": "allow",
	"reasons": [{"code": "GRANTED", "message": sprintf("%d", [data.settings.number])}],
} if input.kind == "action"
"""
RULES = "# METADATA\n# title: Rules\npackage policies.org.rules\n"
TEST = "package policies.org.rules_test\n\ntest_number if data.settings.number > 0\n"
ALLOWED = {"verdict": "allow", "reasons": ["GRANTED"]}


def archive(
    number: int = 1,
    *,
    files: Mapping[str, str | None] | None = None,
    tests: Mapping[str, str] | None = None,
    want: Mapping[str, Any] | None = None,
    manifest: Mapping[str, Any] | None = None,
    author: str | None = None,
    carries: bool = True,
) -> bytes:
    """Return an unsigned bundle; ``number`` makes another one of it."""
    texts: dict[str, str | None] = {
        "assent/main.rego": MAIN,
        "assent/log.rego": (ROOT / "rego/assent/log.rego").read_text(),
        "policies/org/rules.rego": RULES,
        **(files or {}),
    }
    data = {"catalogue": {"systems": {}, "agents": {}, "processes": {}}, "settings": {"number": number}}
    content = {path: text.encode() for path, text in texts.items() if text is not None}
    content["data.json"] = json.dumps(data).encode()
    if carries:
        case = CarriedCase(
            name="an action", file="cases/one.yaml", line=3, question=question(), want=Want.from_json(want or ALLOWED)
        )
        checks = Checks(tests=dict(tests or {"policies/org/rules_test.rego": TEST}), cases=(case,))
        content[CHECKS] = write_checks(checks)
    metadata = {"workspace": "test"} | ({"author": author} if author else {})
    named = {"roots": ["assent", "catalogue", "policies", "settings"], "metadata": metadata, **(manifest or {})}
    return packed(content, **named)


def bundle(number: int = 1, **variation: Any) -> Bundle:
    """Return the bundle, believed."""
    return Trust(allow_unsigned=True).read(archive(number, **variation))


def publish(file: Path, content: bytes) -> Bundle:
    """Put a bundle into a file, by a rename."""
    scratch = file.with_suffix(".new")
    scratch.write_bytes(content)
    scratch.replace(file)
    return Trust(allow_unsigned=True).read(content)
