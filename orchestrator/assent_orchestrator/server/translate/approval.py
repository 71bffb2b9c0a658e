"""Approvals: what people are shown, and what they answered."""

from collections.abc import Iterable, Mapping
from dataclasses import replace

from google.protobuf.struct_pb2 import Struct, Value

from assent.v1 import approvals_pb2 as wire
from assent_orchestrator.approvals.approval import Approval, ApprovalKind, ApprovalState
from assent_orchestrator.approvals.following import Change
from assent_orchestrator.approvals.reply import Reply
from assent_orchestrator.approvals.requirement import Answer
from assent_orchestrator.approvals.review import reviewed
from assent_orchestrator.errors import Fault, InvalidError
from assent_orchestrator.execution.work_items import Pick
from assent_orchestrator.plan.state import StepState
from assent_orchestrator.server.names import approval_name, run_name
from assent_orchestrator.server.translate.decision import effect, write_reason, write_requirement
from assent_orchestrator.server.translate.label import label_sets
from assent_orchestrator.server.translate.moment import timestamp
from assent_orchestrator.server.translate.presented import add_scene, write_hand_over
from assent_orchestrator.server.translate.run import MOST_BYTES, read_evidence, step_state, trace_of
from assent_orchestrator.tools.value import ValueFaultError, from_value, to_struct
from assent_sidecar.decision import Reason
from assent_sidecar.model import Json, Pointer


def write_approval(approval: Approval, *, whole: bool = True) -> wire.Approval:
    """Return an approval with exactly what the presented digest binds; in a list, without what is around the action.

    Arguments that are larger than an answer holds are left out, and with them the digest that an answer would need.
    """
    shown, given = approval.presented, reviewed(approval)
    arguments = _written(shown)
    told = wire.Approval(
        name=approval_name(approval.tenant, approval.id),
        run=run_name(approval.tenant, approval.run_id),
        step=approval.step_id,
        process=approval.process,
        agent=shown.get("agent", ""),
        principal=shown.get("principal", ""),
        action=shown["action"],
        effect=effect(shown["effect"]),
        arguments=arguments,
        labels=label_sets(shown.get("labels", {})),
        redacted=shown.get("redacted", ()),
        masked=shown.get("masked", ()),
        action_digest="" if _hides(approval) else approval.action_digest,
        presented_digest=approval.presented_digest,
        revision=approval.revision,
        decision_id=approval.decision_id,
        reasons=[write_reason(Reason.from_json(reason)) for reason in shown["reasons"]],
        requirement=write_requirement(approval.requirement),
        answers=[_write_answer(answer) for answer in approval.answers],
        state=approval_state(approval.state),
        create_time=timestamp(approval.requested_at),
        expire_time=timestamp(approval.expires_at),
        resolve_time=timestamp(approval.resolved_at),
        etag=str(approval.version),
        trace_id=trace_of(approval.traceparent),
        kind=approval_kind(approval.kind),
        about=approval_name(approval.tenant, approval.about) if approval.about else "",
        reviewed=_write_answer(given) if given is not None else None,
        hand_over=write_hand_over(shown, whole=whole) if "handoff" in shown else None,
        work_item=_write_item(shown["failure"]) if approval.kind is ApprovalKind.WORK_ITEM else None,
    )
    if whole:
        add_scene(told, shown)
    if arguments is None or told.ByteSize() > MOST_BYTES:
        _omit(told)
    return told


def _written(shown: Mapping[str, Json]) -> Struct | None:
    """Return the arguments; None where they were left out, or cannot travel: one item never takes a list with it."""
    try:
        return to_struct(shown["args"]) if "args" in shown else None
    except ValueFaultError:
        return None


def write_approvals(approvals: Iterable[Approval]) -> list[wire.Approval]:
    """Return approvals as lists have them; arguments only as far as an answer holds them."""
    made = [write_approval(approval, whole=False) for approval in approvals]
    room = MOST_BYTES - sum(one.ByteSize() - _in_doubt(one) for one in made)
    for one in made:
        fits = _in_doubt(one) <= room
        room -= _in_doubt(one) if fits else 0
        if not fits:
            _omit(one)
    return made


def _in_doubt(told: wire.Approval) -> int:
    arguments = wire.Approval(arguments=told.arguments, labels=dict(told.labels))
    return arguments.ByteSize()


def _omit(told: wire.Approval) -> None:
    if told.HasField("hand_over"):
        told.hand_over.ClearField("takers")
    for name in ("arguments", "labels", "sources", "changes", "presented_digest"):
        told.ClearField(name)
    told.arguments_omitted = True


def _hides(approval: Approval) -> bool:
    """Say whether there are arguments that are not shown, and that could be found by trying from their digest."""
    return approval.kind is ApprovalKind.WORK_ITEM or bool(approval.presented.get("masked"))


def write_change(change: Change) -> wire.ApprovalEvent:
    """Return what happened to an approval, with the approval as lists have it."""
    approval = change.approval
    return wire.ApprovalEvent(
        seq=change.seq,
        time=timestamp(change.time),
        event=change.event,
        approval=write_approval(approval, whole=False) if approval is not None else None,
        heartbeat=approval is None,
    )


def read_pick(request: wire.DecideApprovalRequest, reply: Reply) -> Pick:
    """Return what a person chooses for a work item.

    Raises:
        InvalidError: the result is no JSON value that can be kept, or larger than what tools may answer.
    """
    choice = wire.WorkItem.Choice.Name(request.choice).removeprefix("CHOICE_").lower()
    evidence = read_evidence(request) if request.settlement else None
    # It is no no: what was chosen follows.
    return Pick(replace(reply, approve=True, choice=choice), evidence)


def approval_kind(kind: ApprovalKind) -> wire.ApprovalKind.ValueType:
    """Return what people are asked."""
    return wire.ApprovalKind.Value(f"APPROVAL_KIND_{kind.upper()}")


def approval_state(state: ApprovalState) -> wire.ApprovalState.ValueType:
    """Return where an approval stands."""
    return wire.ApprovalState.Value(f"APPROVAL_STATE_{state.upper()}")


def _choice(choice: str) -> wire.WorkItem.Choice.ValueType:
    return wire.WorkItem.Choice.Value(f"CHOICE_{choice.upper()}")


def _write_item(failure: Json) -> wire.WorkItem:
    return wire.WorkItem(
        choices=[_choice(one) for one in failure["choices"]],
        state=step_state(StepState(failure["state"])),
        code=failure["code"],
        message=failure["message"],
        attempts=failure["attempts"],
        otherwise=failure["otherwise"],
    )


def _write_answer(answer: Answer) -> wire.ApprovalAnswer:
    return wire.ApprovalAnswer(
        stage=answer.stage,
        approver=answer.approver,
        approved=answer.approved,
        rationale=answer.rationale,
        presented_digest=answer.presented_digest,
        answer_time=timestamp(answer.at),
        role=answer.role,
        on_behalf_of=answer.stands_for or "",
        edits=sorted(answer.edits),
        break_glass=answer.break_glass,
        withdraw_time=timestamp(answer.withdrawn_at),
        choice=_choice(answer.choice) if answer.choice else wire.WorkItem.CHOICE_UNSPECIFIED,
    )


def read_edits(edits: Mapping[str, Value]) -> dict[Pointer, Json]:
    """Return the values that an approver puts in the place of others, by pointer.

    Raises:
        InvalidError: a value cannot be taken in.
    """
    read: dict[Pointer, Json] = {}
    for pointer, value in edits.items():
        try:
            read[pointer] = from_value(value)
        except ValueFaultError as error:
            fault = Fault(f'edits["{pointer}"]', "VALUE", str(error))
            raise InvalidError("a value cannot be used", (fault,)) from error
    return read
