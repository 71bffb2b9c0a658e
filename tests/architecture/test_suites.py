"""How many cases in YAML there are of how work passes on, changes and is remembered."""

from pathlib import Path

import pytest
from ruamel.yaml import YAML

CASES = Path(__file__).parents[1] / "cases"
SUITES = {"hand-overs": ("handoffs",), "amendments": ("amendments.yaml",), "memory": ("memories", "memory_steps")}
"""By what they are about: folders and files below ``tests/cases``."""


def cases_of(place: Path) -> list[str]:
    """Return what each case is called; files that hold something else than a list of cases hold none."""
    files = sorted(place.glob("*.yaml")) if place.is_dir() else [place]
    held = [YAML(typ="safe", pure=True).load(file.read_text(encoding="utf-8")) for file in files]
    return [str(case.get("case") or case["name"]) for found in held if isinstance(found, list) for case in found]


@pytest.mark.requirement("done.cases-of-the-legal-review")
def test_there_are_sixty_cases_of_hand_overs_amendments_and_memory_and_no_two_are_one() -> None:
    found = {name: [case for place in places for case in cases_of(CASES / place)] for name, places in SUITES.items()}
    for name, cases in found.items():
        assert len(cases) >= 15, name
        assert len(cases) == len(set(cases)), name
    assert sum(map(len, found.values())) >= 60
