"""Agents that hand work over in a run, and what is asked and recorded of it."""

from collections.abc import Mapping
from typing import Any

from assent_orchestrator.audit.wanted import Wanted
from assent_sidecar.question import Kind, Question
from tests.orchestrator.execution.world import ALLOW, World, allow_all

NAMES = ("bot", "reader", "writer", "sender")
SERVICES = {"scribe": "writer"}
AGENTS: dict[str, Any] = {name: {"hands_over_to": [one for one in NAMES if one != name]} for name in NAMES}
LOOK_AND_NOTE: list[dict[str, Any]] = [
    {"id": "look", "agent": "reader", "action": "box.get"},
    {"id": "note", "agent": "writer", "action": "box.put", "after": ["look"]},
]


def told(question: Question) -> dict[str, Any]:
    """What is said of a hand-over, flat."""
    assert question.handoff is not None
    facts = question.handoff.to_json()
    return {**facts, **facts["passes"]}


def handed(world: World) -> list[dict[str, Any]]:
    return [told(question) for question in world.decisions.asked if question.kind is Kind.HANDOFF]


def scripted(case: Mapping[str, Any]) -> Any:
    def ruler(question: Question) -> Mapping[str, Any]:
        if question.kind is Kind.CONDITION:
            assert question.condition is not None
            return {"verdict": "allow", "taken": case.get("conditions", {}).get(question.condition.name, True)}
        if question.kind is not Kind.HANDOFF:
            return allow_all(question)
        asked = told(question)
        for rule in case.get("rules", []):
            if all(asked[name] == value for name, value in rule["of"].items()):
                answer: Mapping[str, Any] = rule["answer"]
                return answer
        return ALLOW

    return ruler


async def recorded(world: World, run: str) -> list[dict[str, Any]]:
    entries = await world.trail.read(world.tenant, Wanted(run=run), limit=1000)
    found = []
    for entry in entries:
        record = entry.record
        if record["event"] == "handoff.decided":
            flat = {
                **record["detail"],
                "step": record["step"],
                "actor": record["actor"]["id"],
                "verdict": record["decision"]["verdict"],
                "codes": record["decision"]["codes"],
                "obligations": [one["type"] for one in record.get("obligations", [])],
                "to_state": (record.get("state") or {}).get("to"),
            }
            assert record["decision"]["kind"] == "handoff"
            found.append(flat)
    return found
