"""The one workspace of all cases: each is a process with policies of its own, all of them do what one box can do."""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Literal

from tests.orchestrator.approvals.case import Case

_ANYTHING = {"type": "object"}
_PUT = {
    "type": "object",
    "additionalProperties": False,
    "properties": {
        "amount": {"type": "number", "minimum": 0, "maximum": 100000},
        "to": {"type": "string"},
        "note": {"type": "string"},
        "account": {"type": "object"},
    },
}
_OPERATIONS = {"get": "read", "put": "write", "take": "write", "send": "irreversible"}
TOOL_SERVER = "box"
ELSEWHERE = "elsewhere"
"""A process that no case plays."""

_POLICY = """\
# METADATA
# title: What the case may do
# custom:
#   owner: boss
package policies.process.{slug}.rules

# METADATA
# title: The case may be played
# labels:
#   control: CASE-01
allow contains finding if {{
	input.kind in {{"plan", "action", "handoff"}}
	finding := {{
		"code": "PLAYED",
		"message": "the case may be played",
		"control": "CASE-01",
		"rule": "The case may be played",
	}}
}}
"""

_ASKS = """
# METADATA
# title: People are asked before anything is done
# labels:
#   control: CASE-02
require_approval contains finding if {{
	input.kind == "action"
	input.action.effect != "read"
	finding := {{
		"code": "PEOPLE_ARE_ASKED",
		"message": "somebody has to look at it",
		"control": "CASE-02",
		"rule": "People are asked before anything is done",
		"approval": {approval},
	}}
}}
"""

_ASKS_BEFORE_WORK_PASSES = """
# METADATA
# title: People are asked before work passes
# labels:
#   control: CASE-04
require_approval contains finding if {{
	input.kind == "handoff"
	finding := {{
		"code": "PEOPLE_LET_IT_PASS",
		"message": "somebody has to look at what passes",
		"control": "CASE-04",
		"rule": "People are asked before work passes",
		"approval": {approval},
	}}
}}
"""


class Workspace:
    """The folder, and what is written in it for each case."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._changes = 0

    def write(self, cases: Iterable[Case]) -> None:
        """Write everything."""
        self._put("assent.yaml", {"name": "cases", "title": "Cases of approvals"})
        self._put("memory.yaml", {"classes": {"run_state": _memory("30d"), "decisions": _memory("3650d")}})
        operations = {name: _operation(name, effect) for name, effect in _OPERATIONS.items()}
        box = {"name": "box", "title": "Box", "owner": "it", "tool_server": TOOL_SERVER, "operations": operations}
        self._put("systems/box.yaml", box)
        may = [f"box.{name}" for name in operations]
        for agent in ("bot", "helper"):
            other = "helper" if agent == "bot" else "bot"
            bot = {"name": agent, "title": agent.title(), "owner": "it", "department": "office", "may": may}
            bot |= {"hands_over_to": [other]}
            self._put(f"agents/{agent}.yaml", bot)
        budget = {"title": "Budget", "owner": "boss", "unit": "EUR", "limit": "1000.00", "per": "process"}
        self._put("ledgers.yaml", {"ledgers": {"budget": budget}})
        for case in cases:
            self._put(f"processes/{case.slug}.yaml", _process(case))
            self._put(f"processes/{ELSEWHERE}.yaml", _process(case) | {"name": ELSEWHERE})
            self.govern(case, approval=case.approval, handoff=case.handoff, policy=case.policy)

    def govern(
        self,
        case: Case,
        *,
        approval: dict[str, Any] | Literal["none"] | None = None,
        handoff: dict[str, Any] | Literal["none"] | None = None,
        policy: str | None = None,
    ) -> None:
        """Write the policies of a case anew; another comment makes another revision."""
        self._changes += 1
        text = f"# change {self._changes}\n" + _POLICY.format(slug=case.slug)
        if isinstance(approval, dict):
            text += _ASKS.format(approval=json.dumps(approval))
        if isinstance(handoff, dict):
            text += _ASKS_BEFORE_WORK_PASSES.format(approval=json.dumps(handoff))
        self._put(f"policies/process/{case.slug}/rules.rego", text + "\n" + (policy or ""))

    def _put(self, file: str, content: object) -> None:
        path = self.root / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")


def _memory(ttl: str) -> dict[str, str]:
    retention = "temporary" if ttl == "30d" else "audit"
    return {"retention": retention, "purpose": "cases", "owner": "boss", "ttl": ttl}


def _operation(name: str, effect: str) -> dict[str, Any]:
    operation = {"title": name.title(), "effect": effect, "idempotent": name != "send", "result": _ANYTHING}
    operation |= {"arguments": _PUT if name in {"put", "send"} else _ANYTHING}
    return operation | ({"labels": {"/secret": ["confidential"]}} if name == "get" else {})


def _process(case: Case) -> dict[str, Any]:
    steps = [{"agent": "bot", **step} for step in case.process["steps"]]
    common = {"version": "1", "title": case.name, "owner": "boss", "department": "office", "inputs": _ANYTHING}
    return {**common, **case.process, "name": case.slug, "steps": steps}
