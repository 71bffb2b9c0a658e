"""One attempt at one choice: its rules are asked in order, and the first that is true takes its branch."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from assent_orchestrator.audit.record import Draft
from assent_orchestrator.errors import BusyError
from assent_orchestrator.execution.driven import SETTLED, Pause
from assent_orchestrator.execution.ending import leave_out
from assent_orchestrator.execution.journal import RunRow
from assent_orchestrator.execution.parts import Parts
from assent_orchestrator.execution.patience import HELD_SECONDS, patience
from assent_orchestrator.execution.sequel import Sequels, note_decision
from assent_orchestrator.execution.situation import Situation
from assent_orchestrator.governance.enquiry import condition_question
from assent_orchestrator.governance.followed import Followed
from assent_orchestrator.governance.minutes import step_moved
from assent_orchestrator.governance.stop import is_stopped
from assent_orchestrator.plan.choice import choice_of, choice_of_step
from assent_orchestrator.plan.state import SkipReason, StepState
from assent_sidecar.catalogue.process import Process
from assent_sidecar.decision import Decided, Verdict

CHOSEN, NO_BRANCH = "BRANCH_CHOSEN", "NO_BRANCH"


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule of a choice; ``otherwise`` is the branch that is taken when this one, the last, is not true."""

    situation: Situation
    process: Process
    tries: int
    branch: str
    last: bool
    otherwise: str | None


@dataclass(frozen=True, slots=True)
class Choosing:
    """Decides choices. A crash between two rules asks them again: asking has no effect."""

    parts: Parts
    sequels: Sequels

    async def attempt(self, situation: Situation, process: Process, tries: int) -> Pause:
        """Ask until a rule is true or none is left; say whether the choice is settled or when to look again."""
        name = choice_of(situation.step.id) or ""
        choice = situation.run.plan.choices[name]
        for number, branch in enumerate(choice.branches):
            last = number + 1 == len(choice.branches)
            rule = Rule(situation, process, tries, branch.name, last, choice.otherwise)
            question = condition_question(
                situation.matter(process),
                self.parts.clock(),
                name=branch.when,
                choice=name,
                outputs={step_id: row.output for step_id, row in situation.outputs.items()},
            )

            async def sequel(tx: AsyncConnection, decided: Decided, rule: Rule = rule) -> Followed:
                return await self._sequel(tx, rule, decided)

            try:
                decided = await self.parts.gate.decide(question, sequel)
            except BusyError:
                return Pause(settled=False, seconds=patience(tries))
            if is_stopped(decided):
                return Pause(settled=False, seconds=HELD_SECONDS)
            if decided.fault and process.on_no_decision == "wait":
                return Pause(settled=False, seconds=patience(tries))
            if _refuses(decided) or decided.decision.taken:
                break
        return SETTLED

    async def _sequel(self, tx: AsyncConnection, rule: Rule, decided: Decided) -> Followed:
        situation, now = rule.situation, self.parts.clock()
        run = await self.sequels.still_wanted(tx, situation)
        values = note_decision(decided, situation, now)
        if is_stopped(decided):
            return await self.sequels.frozen(tx, run, situation, decided, values)
        if decided.fault and rule.process.on_no_decision == "wait":
            values |= {"not_before": now + timedelta(seconds=patience(rule.tries)), "reason": decided.codes[0]}
            return await self.sequels.written(tx, run, situation, StepState.PENDING, values)
        if _refuses(decided):
            reason = decided.codes[0] if decided.codes else "DENIED"
            return await self._closed(tx, run, rule, StepState.DENIED, {**values, "reason": reason})
        if decided.decision.taken or (rule.last and rule.otherwise):
            branch = rule.branch if decided.decision.taken else rule.otherwise or ""
            left = await self._leave_out(tx, situation, branch)
            values |= {"reason": CHOSEN, "message": branch, "output": {"branch": branch}}
            return await self._closed(tx, run, rule, StepState.SUCCEEDED, values, left=left)
        if rule.last:
            values |= {"reason": NO_BRANCH, "message": "none of its rules is true"}
            return await self._closed(tx, run, rule, StepState.FAILED, values)
        return Followed()

    async def _closed(
        self,
        tx: AsyncConnection,
        run: RunRow,
        rule: Rule,
        state: StepState,
        values: Mapping[str, Any],
        *,
        left: tuple[Draft, ...] = (),
    ) -> Followed:
        situation, now = rule.situation, self.parts.clock()
        detail = {"reason": values["reason"]}
        if state is StepState.SUCCEEDED:
            detail["branch"] = values["message"]
        step = situation.step
        draft = step_moved(situation.run.id, step.id, step.state, state, detail=detail)
        ended = {**values, "finished_at": now, "not_before": None}
        followed = await self.sequels.written(tx, run, situation, state, ended)
        return Followed(drafts=(draft, *left, *followed.drafts))

    async def _leave_out(self, tx: AsyncConnection, situation: Situation, branch: str) -> tuple[Draft, ...]:
        """Skip the steps of the other branches, in the transaction that takes this one."""
        name = choice_of(situation.step.id)
        others = [
            step.id
            for step in situation.run.plan.steps
            if choice_of_step(step) == name and step.branch != f"{name}.{branch}"
        ]
        code, now = SkipReason.BRANCH_NOT_CHOSEN, self.parts.clock()
        return await leave_out(tx, situation.run.id, others, state=StepState.SKIPPED, code=code, now=now)


def _refuses(decided: Decided) -> bool:
    """Say whether the policies refuse to answer at all: a choice that cannot be made is not made by chance."""
    return decided.fault or decided.verdict in (Verdict.DENY, Verdict.HALT)
