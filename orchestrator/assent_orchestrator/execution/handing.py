"""Work passes between agents only as policies let it: asked before a step takes over, once in a run for the same.

An allow is written down in the transaction that records it: after a crash it is known, and not asked about again.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from assent_orchestrator.execution.handed import Narrow
from assent_orchestrator.execution.parts import Parts
from assent_orchestrator.execution.sequel import Sequels
from assent_orchestrator.execution.situation import Situation
from assent_orchestrator.execution.turn import Turn
from assent_orchestrator.governance.enquiry import handoff_question
from assent_orchestrator.governance.gate import Followed, OvertakenError
from assent_orchestrator.governance.judging import rule_hand_over
from assent_orchestrator.governance.ruling import Deferred, Refused, Stopped
from assent_orchestrator.plan.handover import HandOver, passed
from assent_orchestrator.plan.reference import references_of
from assent_orchestrator.plan.state import StepState
from assent_orchestrator.store.handoff_tables import handoffs
from assent_orchestrator.store.tables import steps
from assent_sidecar.canonical import digest
from assent_sidecar.decision import Decided, Redact
from assent_sidecar.question import HandoffFacts, Labels

WITHHELD = "HANDOFF_WITHHELD"
"""Why a step is denied that needs what a policy lets nobody hand over to it."""

No = Deferred | Refused | Stopped


@dataclass(frozen=True, slots=True)
class _Key:
    """What makes a hand-over of a run the same as another."""

    source: str
    target: str
    digest: str


@dataclass(frozen=True, slots=True)
class Handing:
    """Decides hand-overs."""

    parts: Parts
    sequels: Sequels

    def ahead(self, situation: Situation) -> tuple[HandOver, ...]:
        """Return what a step is about to take over; what was skipped has nothing to hand over."""
        found = self.parts.plans.hand_overs(situation.run.id, situation.run.plan)
        spec = situation.spec
        several = found.of_undoing(spec.id, spec) if situation.step.undo else found.of(spec.id)
        if not several:
            return ()
        there = (replace(one, origins=tuple(filter(situation.has_acted, one.origins))) for one in several)
        return tuple(one for one in there if one.origins)

    async def take_over(self, turn: Turn, several: Sequence[HandOver]) -> tuple[Narrow, ...] | No:
        """Ask about each hand-over that is not known yet; return what must not pass, or why the step waits or ends.

        Raises:
            BusyError: as many decisions wait as may.
            OvertakenError: the run, the step or the hand-over moved on since; look again.
        """
        situation = turn.situation
        by_id = {step.id: step for step in situation.run.plan.steps}
        async with self.parts.reader.connect() as tx:
            labels = await _labels(tx, situation)
            known = await _known(tx, situation, self.parts.revision(situation.run.tenant))
        narrow: list[Narrow] = []
        for one in several:
            facts = one.facts(passed(one, situation.spec, by_id, labels))
            key = _Key(one.source, one.target, _digest(facts))
            redactions = known.get(key)
            if redactions is None:
                found = await self._ask(turn, facts, key)
                if not isinstance(found, tuple):
                    return found
                redactions = found
            narrow.append(Narrow(one, redactions))
        return tuple(narrow)

    async def _ask(self, turn: Turn, facts: HandoffFacts, key: _Key) -> tuple[Redact, ...] | No:
        situation = turn.situation
        question = handoff_question(
            situation.matter(turn.appointed.process), self.parts.clock(), agent=turn.appointed.agent, handoff=facts
        )
        ruled: tuple[Redact, ...] | No | None = None

        async def sequel(tx: AsyncConnection, decided: Decided) -> Followed:
            nonlocal ruled
            ruled = rule_hand_over(decided)
            row = situation.step.id
            if not isinstance(ruled, tuple):
                followed = await self.sequels.of_no_hand_over(tx, turn, ruled)
                return replace(followed, step=row, ruling=ruled)
            await self.sequels.still_wanted(tx, situation)
            if key in await _known(tx, situation, decided.provenance.revision):
                raise OvertakenError  # a step beside this one took over the same
            await self._keep(tx, situation, key, decided, ruled)
            return Followed(step=row)

        await self.parts.gate.decide(question, sequel)
        assert ruled is not None
        return ruled

    async def _keep(
        self, tx: AsyncConnection, situation: Situation, key: _Key, decided: Decided, redactions: Sequence[Redact]
    ) -> None:
        row = {
            "run_id": situation.run.id,
            "source": key.source,
            "target": key.target,
            "digest": key.digest,
            "revision": decided.provenance.revision,
            "step_id": situation.step.id,
            "decision_id": decided.provenance.decision_id,
            "redactions": [one.to_json() for one in redactions],
            "decided_at": self.parts.clock(),
        }
        await tx.execute(sa.insert(handoffs).values(row))


def _digest(facts: HandoffFacts) -> str:
    """Return what names a hand-over: all that is said of it, but for what ledgers have left, which always changes."""
    told = facts.to_json()
    del told["passes"]["ledgers"]
    return digest(told)


async def _known(tx: AsyncConnection, situation: Situation, revision: str) -> dict[_Key, tuple[Redact, ...]]:
    """Return the hand-overs to the agent of a step that the policies of a revision allowed in its run."""
    query = sa.select(handoffs.c.source, handoffs.c.digest, handoffs.c.redactions).where(
        handoffs.c.run_id == situation.run.id,
        handoffs.c.target == situation.spec.agent,
        handoffs.c.revision == revision,
    )
    return {
        _Key(row.source, situation.spec.agent, row.digest): tuple(Redact.from_json(one) for one in row.redactions)
        for row in await tx.execute(query)
    }


async def _labels(tx: AsyncConnection, situation: Situation) -> dict[str, Labels]:
    """Return the labels of all that a step is bound to, the list included that it is done for, by step."""
    found = {name: row.labels or {} for name, row in situation.outputs.items()}
    bound = {one.source.step for one in references_of(situation.spec)} - {None, *found}
    if bound:
        query = sa.select(steps.c.id, steps.c.labels).where(
            steps.c.run_id == situation.run.id, steps.c.id.in_(bound), steps.c.state == str(StepState.SUCCEEDED)
        )
        for row in await tx.execute(query):
            found[row.id] = {pointer: tuple(names) for pointer, names in (row.labels or {}).items()}
    return found
