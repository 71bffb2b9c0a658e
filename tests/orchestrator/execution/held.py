"""Policies that have people asked before anything is done."""

from collections.abc import Mapping
from typing import Any

from assent_sidecar.question import Question
from tests.orchestrator.execution.world import ALLOW

HELD: Mapping[str, Any] = {
    "verdict": "require_approval",
    "reasons": [{"code": "TOO_MUCH", "message": "ask", "control": "FIN-07"}],
    "approval": {"stages": [{"role": "director", "quorum": 1}], "not": ["principal"], "expires_in": "72h"},
}


def held_until_approved(question: Question) -> Mapping[str, Any]:
    """Have a director asked, and allow what one has approved."""
    assert question.action is not None
    return ALLOW if question.approvals else HELD
