"""Whose business a notice is: the roles that are asked, not all that may see the question. Pure."""

from collections.abc import Iterable, Iterator
from dataclasses import replace

from assent_orchestrator.approvals.approval import Approval
from assent_orchestrator.approvals.moments import ladder
from assent_orchestrator.approvals.requirement import open_stages
from assent_orchestrator.audit.record import Draft


def asked(approval: Approval) -> tuple[str, ...]:
    """Return the roles that were asked so far, each once: of stages whose turn came, and of rungs that were reached."""
    # A yes that was taken back had the next stage asked, all the same.
    turns = open_stages(approval.requirement, [replace(answer, withdrawn_at=None) for answer in approval.answers])
    last = max(turns, default=len(approval.requirement.stages) - 1)
    return tuple(dict.fromkeys((*_of_stages(approval, range(last + 1)), *_of_rungs(approval))))


def may_answer_now(approval: Approval) -> tuple[str, ...]:
    """Return the roles whose answer is still wanted, each once; once it was put once more, those of the ladder only."""
    turns = () if approval.extended else open_stages(approval.requirement, approval.answers)
    return tuple(dict.fromkeys((*_of_stages(approval, turns), *_of_rungs(approval))))


def concerned(approval: Approval, draft: Draft) -> tuple[str, ...]:
    """Return the roles that are asked, and therefore told, what a record says happened to a question."""
    match draft.event:
        case "approval.escalated" if draft.approval is not None:
            return draft.approval.roles  # the rung that was reached; to the others it is nothing new
        case "approval.reminded":
            return may_answer_now(approval)
    return asked(approval)


def told_besides(approval: Approval, draft: Draft) -> tuple[str, ...]:
    """Return the roles that are told although nobody asks them: who may break the glass, that somebody did."""
    glass = approval.requirement.break_glass
    return glass.roles if glass is not None and draft.event == "approval.broke_glass" else ()


def _of_stages(approval: Approval, numbers: Iterable[int]) -> Iterator[str]:
    for number in numbers:
        yield approval.requirement.stages[number].role
        yield from approval.requirement.stages[number].substitutes


def _of_rungs(approval: Approval) -> Iterator[str]:
    return (rung.role for rung in ladder(approval.requirement)[: approval.rungs])
