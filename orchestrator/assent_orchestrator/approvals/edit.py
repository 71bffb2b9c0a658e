"""What an approver may change in what is asked. Pure."""

from collections.abc import Iterator, Mapping

from assent_orchestrator.approvals.approval import Approval, ApprovalKind
from assent_orchestrator.approvals.difference import same_at
from assent_orchestrator.approvals.mask import is_masked, masked_by
from assent_orchestrator.errors import Fault, InvalidError
from assent_orchestrator.plan.edit import is_at_or_below
from assent_orchestrator.plan.pointer import PointerError, find, split
from assent_sidecar.decision import ApprovalRequirement
from assent_sidecar.facts import Action
from assent_sidecar.model import Json, Pointer

_HIDDEN = "what is not shown cannot be changed"
_AS_IT_IS = "a hand-over passes as it is, or not"


class EditError(InvalidError):
    """Something was changed that cannot be, or into what cannot be."""

    code = "INVALID_EDITS"


def edit_fault(pointer: Pointer, code: str, description: str) -> Fault:
    """Return what is wrong with the change at one place."""
    return Fault(f'edits["{pointer}"]', code, description)


def check_edits(approval: Approval, edits: Mapping[Pointer, Json]) -> None:
    """Make sure that every place that is changed is there, was shown, and may be changed.

    Raises:
        EditError: one is not; every fault is named.
    """
    faults = tuple(_faults(approval, edits))
    if faults:
        raise EditError("these arguments cannot be changed", faults)


def check_hidden(requirement: ApprovalRequirement, asked: Action, meant: Action, edits: Mapping[Pointer, Json]) -> None:
    """Make sure that what approvers are not shown neither comes, goes nor changes with what one of them changes.

    Raises:
        EditError: something does; every change that is to blame is named.
    """
    hidden = {place for action in (asked, meant) for place in masked_by(requirement, action.args, action.labels)[1]}
    touched = [place for place in hidden if not same_at(place, asked.args, meant.args)]
    if touched:
        to_blame = (pointer for pointer in edits if is_masked(pointer, touched))
        faults = tuple(edit_fault(pointer, "NOT_EDITABLE", _HIDDEN) for pointer in to_blame)
        raise EditError("these arguments cannot be changed", faults)


def _faults(approval: Approval, edits: Mapping[Pointer, Json]) -> Iterator[Fault]:
    editable = ", ".join(approval.requirement.editable) or "nothing"
    if approval.kind is ApprovalKind.HANDOFF:
        yield from (edit_fault(pointer, "NOT_EDITABLE", _AS_IT_IS) for pointer in edits)
        return
    for pointer in edits:
        if not is_at_or_below(pointer, approval.requirement.editable):
            yield edit_fault(pointer, "NOT_EDITABLE", f"what may be changed is {editable}")
        elif is_masked(pointer, approval.presented.get("masked", ())):
            yield edit_fault(pointer, "NOT_EDITABLE", _HIDDEN)
        elif not _is_there(approval.presented["args"], pointer):
            yield edit_fault(pointer, "NOT_THERE", "there is no such argument")


def _is_there(args: Json, pointer: Pointer) -> bool:
    try:
        return find(args, split(pointer))[0]
    except PointerError:
        return False
