"""Work passes between agents only as policies let it: asked before a step takes over, once in a run for the same.

An allow is written down in the transaction that records it: after a crash it is known, and not asked about again.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from assent_orchestrator.execution.handed import Narrow
from assent_orchestrator.execution.handovers import Key, allowed, told
from assent_orchestrator.execution.parts import Parts
from assent_orchestrator.execution.sequel import Sequels
from assent_orchestrator.execution.situation import Situation
from assent_orchestrator.execution.turn import Turn
from assent_orchestrator.governance.enquiry import handoff_question
from assent_orchestrator.governance.entrusted import entrusted_to
from assent_orchestrator.governance.gate import Followed, OvertakenError
from assent_orchestrator.governance.judging import Less, rule_hand_over
from assent_orchestrator.governance.ruling import Deferred, Refused, Stopped
from assent_orchestrator.plan.handover import HandOver, memory_of
from assent_orchestrator.store.handoff_tables import handoffs
from assent_sidecar.decision import Decided
from assent_sidecar.question import HandoffFacts

WITHHELD = "HANDOFF_WITHHELD"
"""Why a step is denied that needs what a policy lets nobody hand over to it."""

No = Deferred | Refused | Stopped


@dataclass(frozen=True, slots=True)
class Handing:
    """Decides hand-overs."""

    parts: Parts
    sequels: Sequels

    async def take_over(self, turn: Turn, several: Sequence[HandOver]) -> tuple[Narrow, ...] | No:
        """Ask about each hand-over that is not known yet; return what must not pass, or why the step waits or ends.

        Raises:
            BusyError: as many decisions wait as may.
            OvertakenError: the run, the step or the hand-over moved on since; look again.
        """
        situation = turn.situation
        async with self.parts.reader.connect() as tx:
            facts = await told(tx, situation, several)
            known = await allowed(tx, situation, self.parts.revision(situation.run.tenant))
        narrow: list[Narrow] = []
        for one, said in zip(several, facts, strict=True):
            less = known.get(Key.of(said))
            if less is None:
                found = await self._ask(turn, said)
                if not isinstance(found, Less):
                    return found
                less = found
            narrow.append(Narrow(one, less.redactions))
        return tuple(narrow)

    async def withheld(self, situation: Situation, agent: str = "") -> bool:
        """Say whether a step needs a class of memory that was not handed over in the run to its agent.

        With an ``agent``: to this one, whose service the step calls.
        """
        run = situation.run
        if not agent and self.parts.plans.hand_overs(run.id, run.plan).of_one:
            return False
        agent = agent or situation.spec.agent
        classes = memory_of(situation.spec, run.plan.steps, situation.edits)
        if not classes:
            return False
        async with self.parts.reader.connect() as tx:
            found = (await entrusted_to(tx, run.id, [agent])).get(agent)
        return found is not None and found.withholds(classes)

    async def call(self, turn: Turn, facts: HandoffFacts) -> No | None:
        """Ask about the hand-over to a service that a step calls, unless it is known; return why it may not be called.

        Raises:
            BusyError: as many decisions wait as may.
            OvertakenError: the run, the step or the hand-over moved on since; look again.
        """
        situation, gate = turn.situation, self.parts.gate
        async with self.parts.reader.connect() as tx:
            known = await allowed(tx, situation, self.parts.revision(situation.run.tenant), target=facts.target)
        # The question of the action is about who calls: whether who is called was stopped since, nobody else looks.
        taking = replace(situation.subject, agent=facts.target, system=None)
        if Key.of(facts) in known and not await gate.stops(taking):
            return None
        found = await self._ask(turn, facts)
        return None if isinstance(found, Less) else found

    async def _ask(self, turn: Turn, facts: HandoffFacts) -> Less | No:
        situation, key = turn.situation, Key.of(facts)
        target = self.parts.catalogue(situation.run.tenant).agents[facts.target]
        question = handoff_question(
            situation.matter(turn.appointed.process), self.parts.clock(), agent=target, handoff=facts
        )
        whole = facts.reason == "call"
        ledgers = self.parts.catalogue(situation.run.tenant).ledgers
        ruled: Less | No | None = None

        async def sequel(tx: AsyncConnection, decided: Decided) -> Followed:
            nonlocal ruled
            ruled = rule_hand_over(decided, ledgers, whole=whole)
            row = situation.step.id
            if not isinstance(ruled, Less):
                followed = await self.sequels.of_no_hand_over(tx, turn, ruled)
                return replace(followed, step=row, ruling=ruled)
            await self.sequels.still_wanted(tx, situation)
            if key in await allowed(tx, situation, decided.provenance.revision, target=key.target):
                raise OvertakenError  # a step beside this one took over the same
            await self._keep(tx, situation, key, decided, ruled)
            return Followed(step=row)

        await self.parts.gate.decide(question, sequel)
        assert ruled is not None
        return ruled

    async def _keep(self, tx: AsyncConnection, situation: Situation, key: Key, decided: Decided, less: Less) -> None:
        row = {
            "run_id": situation.run.id,
            "source": key.source,
            "target": key.target,
            "digest": key.digest,
            "revision": decided.provenance.revision,
            "step_id": situation.step.id,
            "decision_id": decided.provenance.decision_id,
            "redactions": [one.to_json() for one in less.redactions],
            "entrusts": [one.to_json() for one in less.entrusts],
            "decided_at": self.parts.clock(),
        }
        await tx.execute(sa.insert(handoffs).values(row))
