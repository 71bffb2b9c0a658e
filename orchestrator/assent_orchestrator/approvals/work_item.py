"""A step that failed or is unknown, put before a person: an item of the inbox that no policy asked for."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from assent_orchestrator.approvals.approval import Approval, ApprovalKind, ApprovalState
from assent_orchestrator.approvals.presented import MOST_STEPS, Happened
from assent_orchestrator.approvals.request import insert_request
from assent_orchestrator.clock import later
from assent_sidecar.canonical import digest
from assent_sidecar.catalogue.process import Ask, ItemChoice
from assent_sidecar.decision import ApprovalRequirement
from assent_sidecar.model import Json, seconds


@dataclass(frozen=True, slots=True)
class Trouble:
    """What became of a step, and what can be chosen. ``otherwise`` is what time does; empty: nothing.

    ``digest`` is that of the action that was tried, empty where none was.
    """

    state: str
    code: str
    message: str
    attempts: int
    choices: tuple[ItemChoice, ...]
    otherwise: str
    digest: str
    so_far: Sequence[Happened]


@dataclass(frozen=True, slots=True)
class Whose:
    """The step, and for whom it is done."""

    tenant: str
    run_id: str
    step_id: str
    process: str
    agent: str
    principal: str
    action: str
    effect: str
    decision_id: str
    revision: str
    traceparent: str | None


async def open_work_item(tx: AsyncConnection, whose: Whose, ask: Ask, trouble: Trouble, now: datetime) -> Approval:
    """Write a new work item. Arguments are not shown: no policy said which of them to mask."""
    so_far = trouble.so_far
    presented: dict[str, Json] = {
        "agent": whose.agent,
        "principal": whose.principal,
        "action": whose.action,
        "effect": whose.effect,
        "args": {},
        "labels": {},
        "reasons": [],
        "so_far": [{"step": one.step, "action": one.action, "state": one.state} for one in so_far[-MOST_STEPS:]],
        "failure": {
            "state": trouble.state,
            "code": trouble.code,
            "message": trouble.message,
            "attempts": trouble.attempts,
            "choices": list(trouble.choices),
            "otherwise": trouble.otherwise,
        },
        "revision": whose.revision,
    }
    if len(so_far) > MOST_STEPS:
        presented["more_so_far"] = len(so_far) - MOST_STEPS
    requirement = {"stages": [{"role": ask.role}], "expires_in": ask.expires_in}
    approval = Approval(
        tenant=whose.tenant,
        id=uuid.uuid4().hex,
        run_id=whose.run_id,
        step_id=whose.step_id,
        process=whose.process,
        state=ApprovalState.PENDING,
        version=1,
        roles=(ask.role,),
        action_digest=trouble.digest or digest({}),
        revision=whose.revision,
        decision_id=whose.decision_id,
        requirement=ApprovalRequirement.from_json(requirement),
        presented=presented,
        presented_digest=digest(presented),
        requested_at=now,
        expires_at=later(now, seconds(ask.expires_in)),
        resolved_at=None,
        traceparent=whose.traceparent,
        kind=ApprovalKind.WORK_ITEM,
    )
    await insert_request(tx, approval)
    return approval
