"""What becomes of what is asked of memory, and what the trail has of it: tests/cases/memories/*.yaml."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from assent_orchestrator.store.postgres import Database
from assent_sidecar.catalogue.catalogue import Catalogue
from tests.orchestrator.memory.office import Office

CASES = Path(__file__).parents[2] / "cases/memories"
READER = YAML(typ="safe", pure=True)
DECLARED = Catalogue.from_json(READER.load((CASES / "catalogue.yaml").read_text(encoding="utf-8")))
ALL = [
    pytest.param(case, id=f"{file.stem}: {case['case']}")
    for file in sorted(CASES.glob("*.yaml"))
    if file.stem != "catalogue"
    for case in READER.load(file.read_text(encoding="utf-8"))
]
SUBJECT = "client/ACME Ltd"
SECRET = "Q-7731"  # in every value of the cases that has text


def test_there_are_cases_enough() -> None:
    assert len(ALL) >= 25


@pytest.mark.requirement(
    "orchestrator.memory-decided",
    "orchestrator.memory-classes",
    "orchestrator.memory-purpose",
    "orchestrator.memory-labels",
    "orchestrator.memory-redacted",
    "orchestrator.memory-ttl",
    "orchestrator.memory-forget",
    "orchestrator.memory-hold",
    "orchestrator.memory-badly",
)
@pytest.mark.parametrize("case", ALL)
async def test_what_is_asked_of_memory_is_answered_and_recorded_as_the_case_says(
    case: Mapping[str, Any], database: Database, fresh_tenant: str
) -> None:
    office = Office(database, fresh_tenant, DECLARED)
    for before in case.get("given", ()):
        await _done(office, before)
    office.rules = case.get("policy", [{"say": "allow"}])
    known = len(await office.recorded())
    asked = len(office.decisions.asked)
    said = await _done(office, case["ask"])
    wanted = case["want"]
    assert {name: said.get(name) for name in wanted} == wanted, said
    records = await office.recorded(known)
    assert [_as_far_as(one, record) for one, record in zip(case["trail"], records, strict=False)] == case["trail"]
    assert len(records) == len(case["trail"]), [record["event"] for record in records]
    assert len(office.decisions.asked) - asked == sum(one["event"] == "decision.made" for one in case["trail"])
    for record in await office.recorded():
        text = repr(record)
        assert "ACME" not in text, "the subject is nowhere in the trail"
        assert SECRET not in text, "nor is what was remembered"


async def _done(office: Office, step: Mapping[str, Any]) -> dict[str, Any]:
    """Do one thing: wait, sweep, or ask; ``lift`` lifts the hold that was placed last."""
    [(word, told)] = step.items()
    match word:
        case "wait":
            office.wait(told)
        case "sweep":
            await office.sweep()
        case "lift":
            [*_, placed] = [one for one in await office.recorded() if one["event"] == "memory.held"]
            return await office.do("lift", {"reason": "over", "hold": placed["detail"]["hold"], **told})
        case _:
            return await office.do(word, told)
    return {}


def _as_far_as(wanted: Mapping[str, Any], record: Mapping[str, Any]) -> dict[str, Any]:
    """Return of a record what the case speaks of; of a decision, its kind, verdict and codes."""
    flat = {**record, **record.get("detail", {}), **record.get("decision", {})}
    flat["by"] = record["actor"]["id"]
    return {name: list(found) if isinstance(found := flat.get(name), tuple) else found for name in wanted}
