"""A step waits for people: for how long, and what becomes of what they are asked when nobody answers."""

from dataclasses import dataclass

from assent_orchestrator.approvals.approval import Approval, ApprovalState
from assent_orchestrator.approvals.moments import may_extend
from assent_orchestrator.approvals.note import note_state
from assent_orchestrator.approvals.passing import extend
from assent_orchestrator.approvals.request import resolve
from assent_orchestrator.approvals.spent import REVISED, trace_wait
from assent_orchestrator.execution import arguments
from assent_orchestrator.execution.asking import lapse
from assent_orchestrator.execution.driven import SETTLED, Pause
from assent_orchestrator.execution.driver import hold_step
from assent_orchestrator.execution.ending import Ending
from assent_orchestrator.execution.outdated import is_outdated
from assent_orchestrator.execution.parts import Parts
from assent_orchestrator.execution.patience import patience, until
from assent_orchestrator.execution.rest import EXPIRED, VALUE_LOST
from assent_orchestrator.execution.sequel import Sequels
from assent_orchestrator.execution.situation import Situation, UncataloguedError, appoint
from assent_orchestrator.execution.standing import keep
from assent_orchestrator.execution.unretained import NOT_RETAINED
from assent_orchestrator.governance.followed import OvertakenError
from assent_orchestrator.plan.state import StepState
from assent_sidecar.model import seconds


@dataclass(frozen=True, slots=True)
class Pending:
    """Waits for people."""

    parts: Parts
    sequels: Sequels

    async def question(self, situation: Situation, approval: Approval, tries: int) -> Pause | Ending:
        """Return when to look again at a step that a pending question holds, or how it ends without an answer.

        Raises:
            OvertakenError: the run or the step moved on since; look again.
            FencedError: somebody else drives the run.
        """
        now = self.parts.clock()
        if situation.lost and self._cannot_be_done(situation):
            return VALUE_LOST
        if is_outdated(approval, self.parts.revision(situation.run.tenant)) and not situation.run.paused:
            return await self._close(situation, approval, tries)
        if approval.expires_at > now:
            return Pause(settled=False, seconds=until(approval.expires_at, now))
        return await self._put_once_more(situation, approval) if may_extend(approval) else EXPIRED

    async def choice(self, situation: Situation, ending: Ending | None) -> Pause:
        """Wait until a person says what follows from a failure, for as long as that may matter.

        Raises:
            OvertakenError: somebody said it meanwhile; look again.
            FencedError: somebody else drives the run.
        """
        item, now = situation.work_item, self.parts.clock()
        if ending is None and item is not None and item.expires_at > now:
            return Pause(settled=False, seconds=until(item.expires_at, now))
        async with self.parts.trail.recording() as tx:
            run, step = await hold_step(tx, situation.run, situation.step.id, self.parts.plans)
            if step.state is not StepState.AWAITING_CHOICE:
                raise OvertakenError
            drafts = await lapse(tx, run, step, situation.spec, self.parts.clock(), ending=ending is not None)
            await self.parts.trail.append(tx, run.tenant, (*drafts, *await keep(tx, run, now)))
        return SETTLED

    def _cannot_be_done(self, situation: Situation) -> bool:
        """Say whether what people are asked about could not be done whatever they say: something of it is lost."""
        if situation.lost_inputs:
            return True
        try:
            arguments.bound_action(situation, appoint(self.parts.catalogue(situation.run.tenant), situation))
        except arguments.UnfitError as error:
            return error.code == NOT_RETAINED
        except UncataloguedError:
            return False
        return False

    async def _close(self, situation: Situation, approval: Approval, tries: int) -> Pause:
        """Close a question that is worth nothing under the bundle in force; the step is asked about anew."""
        async with self.parts.trail.recording() as tx:
            run = await self.sequels.still_wanted(tx, situation)
            await resolve(tx, approval, ApprovalState.VOID, self.parts.clock())
            await self.parts.trail.append(tx, run.tenant, (note_state(approval, ApprovalState.VOID, why=REVISED),))
        trace_wait(approval, ApprovalState.VOID, self.parts.clock())
        return Pause(settled=False, seconds=patience(tries))

    async def _put_once_more(self, situation: Situation, approval: Approval) -> Pause:
        async with self.parts.trail.recording() as tx:
            # Time passes for people whatever holds up the run.
            run = await self.sequels.still_wanted(tx, situation, though_paused=True)
            drafts = await extend(tx, approval, self.parts.clock())
            await self.parts.trail.append(tx, run.tenant, drafts)
        return Pause(settled=False, seconds=seconds(approval.requirement.expires_in))
