"""A person says what follows from a step that failed or is unknown; the policies say whether that person may."""

from dataclasses import dataclass, replace

from sqlalchemy.ext.asyncio import AsyncConnection

from assent_orchestrator.approvals.approval import Approval, ApprovalState
from assent_orchestrator.approvals.inbox import Inbox
from assent_orchestrator.approvals.note import note_answer
from assent_orchestrator.approvals.reply import Reply
from assent_orchestrator.approvals.request import read_request, resolve, write_answer
from assent_orchestrator.approvals.requirement import Answer
from assent_orchestrator.audit.record import StateNote
from assent_orchestrator.caller import Caller
from assent_orchestrator.errors import (
    Fault,
    ForbiddenError,
    InvalidError,
    NotRetainedError,
    StateError,
    UnavailableError,
)
from assent_orchestrator.execution.arguments import LOST
from assent_orchestrator.execution.asking import Fall, Plight, failure_of, follow
from assent_orchestrator.execution.durable import Durable
from assent_orchestrator.execution.ending import is_ending
from assent_orchestrator.execution.journal import change_step, lock_step, read_steps
from assent_orchestrator.execution.parts import Parts
from assent_orchestrator.execution.reconciliation import Evidence, Reconciliations, Word
from assent_orchestrator.execution.situation import Situation, read_situation
from assent_orchestrator.execution.standing import keep
from assent_orchestrator.governance.enquiry import choice_question
from assent_orchestrator.governance.followed import Followed
from assent_orchestrator.governance.judging import UNSUPPORTED
from assent_orchestrator.governance.obligations import OURS, sort_out
from assent_orchestrator.governance.stop import is_stopped
from assent_orchestrator.plan.derived import spec_of
from assent_orchestrator.plan.state import StepState
from assent_orchestrator.store.look import one_look
from assent_sidecar.decision import Decided, Verdict
from assent_sidecar.facts import Principal, WorkItemFacts
from assent_sidecar.question import Question

RETRY_CHOSEN = "RETRY_CHOSEN"
"""Why a step is decided anew that had failed."""

_FULFILLED = OURS - {"reserve", "remember"}
"""Duties that are no obstacle to a choice: they are about a call, and here is none. There is nothing to reserve for."""


@dataclass(frozen=True, slots=True)
class Pick:
    """What a person chooses; ``evidence`` is what they found out, where they say what became of the step."""

    reply: Reply
    evidence: Evidence | None = None


@dataclass(frozen=True, slots=True)
class WorkItems:
    """Takes choices."""

    parts: Parts
    inbox: Inbox
    reconciliations: Reconciliations
    durable: Durable

    async def choose(self, caller: Caller, approval_id: str, pick: Pick) -> Approval:
        """Ask the policies whether the caller may choose this, and have it follow at once.

        Raises:
            NotFoundError: there is none that the caller may know of.
            ForbiddenError: the caller has not the role, or the policies do not allow it; their codes are said.
            ConflictError: the etag is not the newest.
            StateError: it is answered, expired or void, its run comes to its end, or a stop is in force.
            InvalidError: it is no work item, does not offer that, or what is said of the effect cannot be used.
            BusyError, UnavailableError: no decision could be had, or not recorded; nothing was done.
        """
        _check(pick)
        async with one_look(self.parts.engine) as tx:
            item, given = await self.inbox.chosen(tx, caller, approval_id, pick.reply)
            parts = self.parts
            situation = await read_situation(tx, item.run_id, item.step_id, parts.plans, unretained=parts.unretained)
        question = self._question(caller, situation, item, given, pick)
        word = await self.reconciliations.examined(situation, pick.evidence) if pick.evidence is not None else None

        async def sequel(tx: AsyncConnection, decided: Decided) -> Followed:
            # The run first, then the item: as whoever ends a step does.
            await lock_step(tx, item.run_id, item.step_id, self.parts.plans)
            current, answer = await self.inbox.chosen(tx, caller, approval_id, pick.reply, lock=True)
            if _objection(decided) is not None:
                return Followed()
            await resolve(tx, current, ApprovalState.CONSUMED, self.parts.clock())
            await write_answer(tx, current, answer)
            followed = await self._follow(tx, caller, current, pick, word)
            chosen = note_answer("approval.chosen", current, caller, answer, outcome=pick.reply.choice)
            detail = {"decision": decided.provenance.decision_id}
            chosen = chosen.model_copy(update={"detail": detail, "state": followed.state})
            return Followed(drafts=(chosen, *followed.drafts))

        decided = await self.parts.gate.decide(question, sequel)
        refused = _objection(decided)
        if refused is not None:
            raise refused
        await self.durable.wake(item.run_id, (item.step_id,))
        async with self.parts.engine.connect() as tx:
            return await read_request(tx, approval_id)

    def _question(self, caller: Caller, situation: Situation, item: Approval, given: Answer, pick: Pick) -> Question:
        catalogue = self.parts.catalogue(caller.tenant)
        process = catalogue.processes.get(item.process)
        if process is None:
            raise StateError("the bundle in force does not know the process", process=item.process)
        if situation.lost_inputs:
            raise NotRetainedError(f"the policies cannot be asked: {LOST}", run=situation.run.id)
        failure = item.presented["failure"]
        facts = WorkItemFacts(
            id=item.id,
            choice=pick.reply.choice,  # type: ignore[arg-type] # one of those that are offered
            role=given.role,
            action=item.presented["action"],
            state=failure["state"],
            code=failure["code"] or None,
            attempts=failure["attempts"],
            settlement=str(pick.evidence.settlement) if pick.evidence is not None else None,  # type: ignore[arg-type]
            stands_for=given.stands_for,
        )
        person = Principal(id=caller.id, roles=tuple(sorted(given.roles)), authn=caller.authn.value)
        matter = replace(situation.matter(process), principal=person)
        agent = catalogue.agents.get(situation.spec.agent)
        return choice_question(matter, self.parts.clock(), step=situation.facts(), agent=agent, item=facts)

    async def _follow(
        self, tx: AsyncConnection, caller: Caller, item: Approval, pick: Pick, word: Word | None
    ) -> Followed:
        """Write what follows from a choice that is allowed. The run and the item are locked."""
        run, step = await lock_step(tx, item.run_id, item.step_id, self.parts.plans)
        rows, now = await read_steps(tx, run.id), self.parts.clock()
        if is_ending(run, rows) or run.overdue(now):
            raise StateError("the run comes to its end", run=run.id, state=str(run.state))
        if pick.evidence is not None:
            plight = Plight(self.parts, run, step, spec_of(run.plan.steps, step.id), rows)
            return Followed(drafts=await self.reconciliations.settle(tx, caller, plight, pick.evidence, word))
        if pick.reply.choice == "retry":
            again = {"reason": RETRY_CHOSEN, "message": None, "not_before": None, "finished_at": None}
            came = Fall(StepState.DECIDING, again)
        else:
            came = await follow(tx, run, pick.reply.choice, failure_of(step), now)
        await change_step(tx, run.id, step.id, **came.values, state=str(came.state))
        return Followed(StateNote(before=str(step.state), after=str(came.state)), await keep(tx, run, now))


def _check(pick: Pick) -> None:
    """Make sure that whoever says what became of a step says it, and nobody else does.

    Raises:
        InvalidError: it is missing, or it is there for nothing.
    """
    if (pick.reply.choice == "reconcile") != (pick.evidence is not None):
        fault = Fault("settlement", "SETTLEMENT", "say what became of the step to reconcile it, and only then")
        raise InvalidError("this cannot be chosen so", (fault,))


def _objection(decided: Decided) -> ForbiddenError | StateError | UnavailableError | None:
    """Return why a choice does not count, or None: only an allow that asks for nothing here lets it through."""
    if is_stopped(decided):
        return StateError("a stop is in force; nothing can be chosen until it is lifted", state="stopped")
    if decided.fault:
        return UnavailableError("no decision could be had; nothing was done")
    codes = ",".join(decided.codes)
    if decided.verdict is not Verdict.ALLOW:
        return ForbiddenError("the policies do not let you choose this", reason=decided.codes[0], codes=codes)
    unmet = sort_out(decided.decision.obligations, _FULFILLED).unmet
    if unmet:
        return ForbiddenError(f"nobody here can fulfil: {', '.join(unmet)}", reason=UNSUPPORTED, codes=UNSUPPORTED)
    return None
