"""A step comes to rest without anybody being asked, and what people were asked about it comes to nothing."""

from assent_orchestrator.approvals.approval import LIVE, ApprovalState
from assent_orchestrator.approvals.note import note_state
from assent_orchestrator.approvals.request import resolve
from assent_orchestrator.approvals.spent import trace_wait
from assent_orchestrator.execution import arguments
from assent_orchestrator.execution.became import give_up
from assent_orchestrator.execution.ending import Ending, end_step
from assent_orchestrator.execution.parts import Parts
from assent_orchestrator.execution.situation import Situation
from assent_orchestrator.execution.unretained import NOT_RETAINED
from assent_orchestrator.plan.state import StepState

EXPIRED = Ending(StepState.DENIED, "APPROVAL_EXPIRED", "nobody answered in time")
BROKEN = Ending(StepState.FAILED, "INTERNAL", "something went wrong inside; the log of the server says where")
VALUE_LOST = Ending(StepState.FAILED, NOT_RETAINED, arguments.LOST)

_UNUSED = (ApprovalState.REJECTED, ApprovalState.EXPIRED, ApprovalState.VOID)
"""How a wait for people ends without an action."""


async def bring_to_rest(parts: Parts, situation: Situation, ending: Ending) -> None:
    """Write how a step ends, unless it is at rest already; a question to people ends with it.

    Raises:
        FencedError: somebody else drives the run.
    """
    async with parts.trail.recording() as tx:
        now = parts.clock()
        drafts = await end_step(tx, parts, situation, ending)
        if drafts:
            operation = parts.catalogue(situation.run.tenant).operation(situation.spec.action)
            reads = operation is not None and operation.effect == "read"
            drafts = (*await give_up(tx, situation, now, repeatable=reads), *drafts)
        outcomes = [(one, one.state) for one in situation.requests if drafts and one.state not in LIVE]
        for one in (one for one in situation.requests if one.state in LIVE):
            waited = ending is EXPIRED and one.state is ApprovalState.PENDING
            outcome = ApprovalState.EXPIRED if waited else ApprovalState.VOID
            await resolve(tx, one, outcome, now)
            drafts = (note_state(one, outcome, why=ending.code), *drafts)
            outcomes.append((one, outcome))
        await parts.trail.append(tx, situation.run.tenant, drafts)
    for one, outcome in outcomes:
        if outcome in _UNUSED:
            trace_wait(one, outcome, now)
