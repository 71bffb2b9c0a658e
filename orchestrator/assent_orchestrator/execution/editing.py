"""What becomes of a step's action when an approver changes its arguments."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from sqlalchemy.ext.asyncio import AsyncConnection

from assent_orchestrator.approvals.approval import Approval
from assent_orchestrator.approvals.edit import EditError, check_hidden, edit_fault
from assent_orchestrator.approvals.reply import PresentationError
from assent_orchestrator.execution.arguments import UnfitError, bound_action
from assent_orchestrator.execution.bulk import aside
from assent_orchestrator.execution.meant import meant
from assent_orchestrator.execution.parts import Parts
from assent_orchestrator.execution.situation import UncataloguedError, appoint, read_situation
from assent_orchestrator.plan.redaction import RedactionError
from assent_sidecar.facts import Action
from assent_sidecar.model import Json, Pointer


@dataclass(frozen=True, slots=True)
class Editing:
    """Makes the action that an approver means."""

    parts: Parts

    async def revise(self, tx: AsyncConnection, approval: Approval, edits: Mapping[Pointer, Json]) -> Action:
        """Return the action of a question with other values in it: the same operation, whatever the values are.

        Raises:
            EditError: the values do not fit the operation, or reach what approvers are not shown.
            PresentationError: the action is not the one that was asked about any more.
        """
        parts = self.parts
        situation = await read_situation(
            tx, approval.run_id, approval.step_id, parts.plans, unretained=parts.unretained
        )
        try:
            appointed = appoint(self.parts.catalogue(situation.run.tenant), situation)
            situation, asked = await meant(tx, situation, appointed, parts.plans)
        except (UncataloguedError, UnfitError, RedactionError) as error:
            raise PresentationError("what is asked cannot be done any more", approval=approval.id) from error
        if asked.digest != approval.action_digest:
            raise PresentationError("what you saw is not what is asked; look again", approval=approval.id)
        changed = replace(situation, edits={**situation.edits, **edits})
        try:
            action = await aside(bound_action, changed.values(), changed, appointed)
        except UnfitError as error:
            faults = tuple(edit_fault(pointer, error.code, error.message) for pointer in edits)
            raise EditError("the changed arguments do not fit the operation", faults) from error
        check_hidden(approval.requirement, asked, action, edits)
        if action.digest == asked.digest:
            faults = tuple(edit_fault(pointer, "NOTHING_CHANGED", "this stands there already") for pointer in edits)
            raise EditError("nothing is changed", faults)
        return action
