"""A requirement with a value of any other type is malformed: it is no error of the engine's, asked again and again."""

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from assent_sidecar.model import Json
from assent_sidecar.opa.binary import find_binary

LIBRARY = Path(__file__).parents[2] / "rego" / "assent"
WHOLE: dict[str, Json] = {
    "stages": [{"role": "boss", "quorum": 2, "substitutes": ["deputy"]}],
    "order": "parallel",
    "not": ["principal"],
    "expires_in": "1h",
    "on_expiry": "escalate",
    "escalate": [{"after": "1h", "role": "ceo"}],
    "remind": "1m",
    "rationale": "optional",
    "editable": ["/a"],
    "mask": ["/iban"],
    "mask_labels": ["pii"],
    "on_revision": "ask_again",
    "break_glass": {"roles": ["duty"], "review": {"role": "audit", "within": "48h"}},
}
ODD: tuple[Json, ...] = (None, True, 5, 1.5, "", [7], {"x": 1}, [[]], [None])


def mutated(value: Json) -> Iterator[Json]:
    """Yield the value with something odd in the place of each part of it in turn."""
    if isinstance(value, dict):
        for name, member in value.items():
            yield from ({**value, name: other} for other in (*ODD, *mutated(member)))
    elif isinstance(value, list):
        for at, member in enumerate(value):
            yield from ([*value[:at], other, *value[at + 1 :]] for other in (*ODD, *mutated(member)))


@pytest.mark.requirement("orchestrator.malformed-requirements-deny")
def test_every_odd_value_is_malformed_and_none_an_error() -> None:
    odd = list(mutated(WHOLE))
    asked = "[index | some index, one in input; data.assent.approval.well_formed(one)]"
    done = subprocess.run(
        [
            *(str(find_binary({}).path), "eval", "--strict-builtin-errors", "--fail", "--format", "raw"),
            *("--data", str(LIBRARY), "--ignore", "*.json", "--stdin-input", asked),
        ],
        input=json.dumps([WHOLE, *odd]),
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr + done.stdout
    good = json.loads(done.stdout)
    assert good[0] == 0
    stages = [{"role": "boss", "quorum": 5, "substitutes": ["deputy"]}]
    fine = [{**WHOLE, "stages": stages}, {**WHOLE, "editable": [""]}, {**WHOLE, "mask": [""]}]
    assert [odd[index - 1] for index in good[1:]] == fine
    assert len(odd) > 150
