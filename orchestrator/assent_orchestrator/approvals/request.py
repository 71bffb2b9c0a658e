"""Questions to humans as they are stored, with their answers."""

import uuid
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY, array
from sqlalchemy.ext.asyncio import AsyncConnection

from assent_orchestrator.approvals.approval import Approval, ApprovalKind, ApprovalState
from assent_orchestrator.approvals.mask import hushed
from assent_orchestrator.approvals.moments import next_due
from assent_orchestrator.approvals.presented import Scene, present
from assent_orchestrator.approvals.requirement import Answer, roles_asked
from assent_orchestrator.clock import later
from assent_orchestrator.errors import NotFoundError
from assent_orchestrator.governance.followed import OvertakenError
from assent_orchestrator.store.approval_tables import answers, approvals
from assent_sidecar.canonical import digest
from assent_sidecar.decision import ApprovalRequirement, Decided
from assent_sidecar.facts import Action
from assent_sidecar.model import Json, Pointer, seconds

LISTED_BYTES = 16 * 1024
"""What is presented is in lists as long as it has no more bytes than this, as JSON."""


async def open_request(
    tx: AsyncConnection,
    *,
    tenant: str,
    run_id: str,
    step_id: str,
    process: str,
    action: Action,
    requirement: ApprovalRequirement,
    decided: Decided,
    scene: Scene,
    now: datetime,
    traceparent: str | None,
    carried: Sequence[Answer] = (),
    never: Collection[str] = (),
) -> Approval:
    """Write a new pending request; ``carried`` are answers to exactly this action that were given before.

    ``never`` are the labels of values that are not retained.
    """
    approval = pending(
        AtStep(tenant, run_id, step_id, process, traceparent),
        kind=ApprovalKind.ACTION,
        asked=action.digest,
        presented=present(action, requirement, decided, scene, never),
        requirement=hushed(requirement, action, never),
        decided=decided,
        now=now,
    )
    await insert_request(tx, approval)
    for given in carried:
        await write_answer(tx, approval, given)
    return approval


@dataclass(frozen=True, slots=True)
class AtStep:
    """The step that people are asked about, and the trace in which they are."""

    tenant: str
    run_id: str
    step_id: str
    process: str
    traceparent: str | None


def pending(
    at: AtStep,
    *,
    kind: ApprovalKind,
    asked: str,
    presented: Mapping[str, Json],
    requirement: ApprovalRequirement,
    decided: Decided,
    now: datetime,
) -> Approval:
    """Return a new request that nobody answered yet; ``asked`` is the digest of what it is about."""
    # Two questions of the same words about two steps are two things to say yes to.
    shown = {**presented, "process": at.process, "run": at.run_id, "step": at.step_id}
    approval = Approval(
        tenant=at.tenant,
        id=uuid.uuid4().hex,
        run_id=at.run_id,
        step_id=at.step_id,
        process=at.process,
        state=ApprovalState.PENDING,
        version=1,
        roles=roles_asked(requirement),
        action_digest=asked,
        revision=decided.provenance.revision,
        decision_id=decided.provenance.decision_id,
        requirement=requirement,
        presented=shown,
        presented_digest=digest(shown),
        requested_at=now,
        expires_at=later(now, seconds(requirement.expires_in)),
        resolved_at=None,
        traceparent=at.traceparent,
        kind=kind,
    )
    return replace(approval, due_at=next_due(approval))


async def insert_request(tx: AsyncConnection, approval: Approval) -> None:
    """Write a new request as it is, without answers."""
    values = {column.name: getattr(approval, column.name) for column in approvals.c}
    values |= {
        "kind": str(approval.kind),
        "state": str(approval.state),
        "roles": list(approval.roles),
        "requirement": approval.requirement.to_json(),
    }
    await tx.execute(sa.insert(approvals).values(values))


async def read_request(tx: AsyncConnection, approval_id: str, *, lock: bool = False) -> Approval:
    """Return a request with its answers.

    Raises:
        NotFoundError: there is none.

    """
    query = sa.select(approvals).where(approvals.c.id == approval_id)
    row = (await tx.execute(query.with_for_update() if lock else query)).mappings().one_or_none()
    if row is None:
        raise NotFoundError("there is no such approval", approval=approval_id)
    return await with_answers(tx, row)


async def read_edits(tx: AsyncConnection, run_id: str, step_id: str) -> dict[Pointer, Json]:
    """Return what approvers changed in the arguments of a step and did not take back; at one place, the latest."""
    given = (
        sa.select(answers.c.edits)
        .join(approvals, approvals.c.id == answers.c.approval_id)
        .where(
            approvals.c.run_id == run_id,
            approvals.c.step_id == step_id,
            approvals.c.kind == str(ApprovalKind.ACTION),
            approvals.c.state.in_((str(ApprovalState.EDITED), str(ApprovalState.CONSUMED))),
            answers.c.edits.is_not(None),
            answers.c.withdrawn_at.is_(None),
        )
        .order_by(approvals.c.requested_at, answers.c.number)
    )
    found: dict[Pointer, Json] = {}
    for edits in (await tx.execute(given)).scalars():
        found |= edits
    return found


async def open_item(tx: AsyncConnection, run_id: str, step_id: str, *, lock: bool = False) -> Approval | None:
    """Return the work item of a step that waits for a choice, or None."""
    query = sa.select(approvals).where(
        approvals.c.run_id == run_id,
        approvals.c.step_id == step_id,
        approvals.c.kind == str(ApprovalKind.WORK_ITEM),
        approvals.c.state == str(ApprovalState.PENDING),
    )
    row = (await tx.execute(query.with_for_update() if lock else query)).mappings().one_or_none()
    return approval_of(row, ()) if row is not None else None


async def with_answers(tx: AsyncConnection, row: sa.RowMapping) -> Approval:
    """Return a stored row as an approval, with its answers."""
    rows = await tx.execute(sa.select(answers).where(answers.c.approval_id == row["id"]).order_by(answers.c.number))
    given = tuple(
        Answer(
            stage=one["stage"],
            role=one["role"],
            approver=one["approver"],
            roles=frozenset(one["roles"]),
            approved=one["approved"],
            at=one["answered_at"],
            digest=one["action_digest"],
            rationale=one["rationale"],
            stands_for=one["stands_for"],
            edits=one["edits"] or {},
            break_glass=one["break_glass"],
            withdrawn_at=one["withdrawn_at"],
            number=one["number"],
            presented_digest=one["presented_digest"],
            choice=one["choice"],
        )
        for one in rows.mappings()
    )
    return approval_of(row, given)


def listed() -> sa.Select[Any]:
    """Return the approvals as lists have them: without arguments that are large, so that nobody's fill a page."""
    large = sa.func.octet_length(sa.cast(approvals.c.presented, sa.Text)) > LISTED_BYTES
    left_out = sa.cast(array(["args", "labels", "sources", "changes"]), ARRAY(sa.Text))
    brief = sa.case((large, approvals.c.presented.op("-")(left_out)), else_=approvals.c.presented)
    columns = (one for one in approvals.c if one is not approvals.c.presented)
    return sa.select(*columns, sa.type_coerce(brief, approvals.c.presented.type).label("presented"))


def approval_of(row: sa.RowMapping, given: tuple[Answer, ...]) -> Approval:
    """Return a stored row and its answers as an approval."""
    return Approval(
        **{
            **row,
            "state": ApprovalState(row["state"]),
            "kind": ApprovalKind(row["kind"]),
            "roles": tuple(row["roles"]),
            "requirement": ApprovalRequirement.from_json(row["requirement"]),
            "answers": given,
        }
    )


async def resolve(tx: AsyncConnection, approval: Approval, state: ApprovalState, now: datetime) -> None:
    """Move a request from the state it was seen in to another.

    Raises:
        OvertakenError: somebody else changed it meanwhile, as an answer in the last moment does.

    """
    resolved = now if state is not ApprovalState.PENDING else None
    await change_request(tx, approval, state=str(state), resolved_at=resolved)


async def change_request(tx: AsyncConnection, approval: Approval, **values: object) -> None:
    """Change a request that is as it was seen; its etag changes with it.

    Raises:
        OvertakenError: somebody else changed it meanwhile.

    """
    moved = await tx.execute(
        sa.update(approvals)
        .where(
            approvals.c.id == approval.id,
            approvals.c.state == str(approval.state),
            approvals.c.version == approval.version,
        )
        .values(**values, version=approvals.c.version + 1)
        .returning(approvals.c.id)
    )
    if moved.one_or_none() is None:
        raise OvertakenError


async def write_answer(tx: AsyncConnection, approval: Approval, given: Answer) -> None:
    """Write one answer to a request that is locked."""
    await tx.execute(
        sa.insert(answers).values(
            approval_id=approval.id,
            number=given.number,
            stage=given.stage,
            approver=given.approver,
            stands_for=given.stands_for,
            role=given.role,
            roles=sorted(given.roles),
            approved=given.approved,
            rationale=given.rationale,
            presented_digest=given.presented_digest,
            answered_at=given.at,
            action_digest=given.digest,
            edits=dict(given.edits) or None,
            break_glass=given.break_glass,
            choice=given.choice,
        )
    )


async def withdraw_answers(tx: AsyncConnection, approval: Approval, given: Sequence[Answer], now: datetime) -> None:
    """Have answers count for nothing from now on; the request is locked."""
    numbers = [answer.number for answer in given]
    await tx.execute(
        sa.update(answers)
        .where(answers.c.approval_id == approval.id, answers.c.number.in_(numbers))
        .values(withdrawn_at=now)
    )


async def still_as_seen(tx: AsyncConnection, approval: Approval) -> None:
    """Lock a request that nobody changed since it was read.

    Raises:
        OvertakenError: somebody did.
    """
    query = sa.select(approvals.c.version).where(approvals.c.id == approval.id).with_for_update()
    if (await tx.execute(query)).scalar_one_or_none() != approval.version:
        raise OvertakenError
