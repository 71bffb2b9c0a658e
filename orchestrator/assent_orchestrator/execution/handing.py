"""Work passes between agents only as policies, and people whom they have asked, let it: once in a run for the same.

An allow is written down in the transaction that records it: after a crash it is known, and not asked about again.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from assent_orchestrator.approvals.approval import Approval, ApprovalState
from assent_orchestrator.approvals.latest import latest_about
from assent_orchestrator.approvals.passage import Passage, passes_as_shown
from assent_orchestrator.approvals.worth import answers_worth, facts_of
from assent_orchestrator.execution.ending import REJECTED, Ending
from assent_orchestrator.execution.handed import Narrow
from assent_orchestrator.execution.handovers import Key, allowed, told
from assent_orchestrator.execution.outdated import is_outdated
from assent_orchestrator.execution.parts import Parts
from assent_orchestrator.execution.passages import Passages
from assent_orchestrator.execution.patience import patience
from assent_orchestrator.execution.rest import EXPIRED
from assent_orchestrator.execution.sequel import Sequels
from assent_orchestrator.execution.situation import Situation
from assent_orchestrator.execution.turn import Turn
from assent_orchestrator.governance.enquiry import handoff_question
from assent_orchestrator.governance.entrusted import is_withheld
from assent_orchestrator.governance.followed import Followed
from assent_orchestrator.governance.judging import Less, rule_hand_over
from assent_orchestrator.governance.ruling import Deferred, Held, Refused, Stopped
from assent_orchestrator.plan.derived import whole_id
from assent_orchestrator.plan.handover import HandOver, memory_of
from assent_orchestrator.plan.state import StepState
from assent_sidecar.decision import Decided
from assent_sidecar.facts import HandoffFacts

No = Deferred | Refused | Stopped


@dataclass(frozen=True, slots=True)
class Passes:
    """Work passes, but for what must not (``narrow``); ``asked``: it was asked about just now.

    ``let`` are the bundles that let it pass.
    """

    narrow: tuple[Narrow, ...] = ()
    asked: bool = False
    let: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class _Let:
    """One hand-over that the bundle ``revision`` let pass just now, with ``less`` than there is."""

    less: Less
    revision: str


@dataclass(frozen=True, slots=True)
class Awaited:
    """People are asked about the same for another step; ``seconds`` until it is time to look again."""

    seconds: float


NotYet = No | Ending | Awaited


@dataclass(frozen=True, slots=True)
class Handing:
    """Decides hand-overs."""

    parts: Parts
    sequels: Sequels

    async def take_over(self, turn: Turn, several: Sequence[HandOver]) -> Passes | NotYet:
        """Decide each hand-over that is not known yet; return what must not pass, or why the step waits or ends.

        Raises:
            BusyError: as many decisions wait as may.
            OvertakenError: the run, the step or the hand-over moved on since; look again.
        """
        situation, revision = turn.situation, self.parts.revision(turn.situation.run.tenant)
        async with self.parts.reader.connect() as tx:
            facts = await told(tx, situation, several)
            known = await allowed(tx, situation, revision)
        narrow: list[Narrow] = []
        let: set[str] = set()
        asked = False
        for one, said in zip(several, facts, strict=True):
            less, under = known.get(Key.of(said)), revision
            if less is None:
                found = await self._decide(turn, said, one.origins)
                if not isinstance(found, _Let):
                    return found
                less, under, asked = found.less, found.revision, True
            narrow.append(Narrow(one, less.redactions))
            let.add(under)
        return Passes(tuple(narrow), asked, frozenset(let))

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
            return await is_withheld(tx, run.id, agent, classes)

    async def call(self, turn: Turn, facts: HandoffFacts) -> Passes | NotYet:
        """Decide the hand-over to a service that a step calls, unless it is known; return why it may not be called.

        Raises:
            BusyError: as many decisions wait as may.
            OvertakenError: the run, the step or the hand-over moved on since; look again.
        """
        situation, gate = turn.situation, self.parts.gate
        revision = self.parts.revision(situation.run.tenant)
        async with self.parts.reader.connect() as tx:
            known = await allowed(tx, situation, revision, target=facts.target)
        # The question of the action is about who calls: whether who is called was stopped since, nobody else looks.
        taking = replace(situation.subject, agent=facts.target, system=None)
        if Key.of(facts) in known and not await gate.stops(taking):
            return Passes(let=frozenset({revision}))
        found = await self._decide(turn, facts)
        return Passes(asked=True, let=frozenset({found.revision})) if isinstance(found, _Let) else found

    async def _decide(self, turn: Turn, facts: HandoffFacts, origins: Sequence[str] = ()) -> _Let | NotYet:
        """Return what people said of a hand-over, or wait for them; else ask the policies, with what people said."""
        async with self.parts.reader.connect() as tx:
            request = await latest_about(tx, turn.situation.run.id, facts.digest, whole_id(turn.situation.step.id))
        if request is not None:
            waits = turn.situation.step.state is StepState.AWAITING_APPROVAL
            match request.state:
                case ApprovalState.REJECTED:
                    return REJECTED
                case ApprovalState.EXPIRED:
                    return EXPIRED
                case ApprovalState.PENDING if waits:
                    # It was put for another step: that one has it closed, or puts it once more, when its time is over.
                    outdated = is_outdated(request, self.parts.revision(turn.situation.run.tenant))
                    return self._awaited(self.parts.clock() if outdated else request.expires_at, turn)
        return await self._ask(turn, facts, origins, request)

    def _awaited(self, moment: datetime, turn: Turn) -> Awaited:
        ahead = (moment - self.parts.clock()).total_seconds()
        return Awaited(ahead if ahead > 0 else patience(turn.tries))

    async def _ask(
        self, turn: Turn, facts: HandoffFacts, origins: Sequence[str], request: Approval | None
    ) -> _Let | NotYet:
        situation, now = turn.situation, self.parts.clock()
        catalogue = self.parts.catalogue(situation.run.tenant)
        heard = answers_worth(request, facts.digest, self.parts.revision(situation.run.tenant), now)
        question = await self.parts.gate.informed(
            handoff_question(
                situation.matter(turn.appointed.process),
                now,
                agent=catalogue.agents[facts.target],
                handoff=facts,
                approvals=facts_of(request, heard) if request is not None else (),
            )
        )
        # People are shown what ledgers had left for the policy.
        shown = Passage(question.handoff or facts, situation.spec.action, turn.appointed.operation.effect, origins)
        passages, whole = Passages(self.parts, self.sequels), facts.reason == "call"
        ruled: _Let | NotYet | None = None

        async def sequel(tx: AsyncConnection, decided: Decided) -> Followed:
            nonlocal ruled
            ruling = rule_hand_over(decided, catalogue.ledgers, whole=whole)
            if isinstance(ruling, Less) and request is not None and heard and not passes_as_shown(request, decided):
                # They said yes to something else: what passes now is put before people as well.
                ruling = Held(decided, request.requirement)
            match ruling:
                case Less():
                    ruled = _Let(ruling, decided.provenance.revision)
                    return await passages.allowed(tx, turn, shown, ruling, decided=decided, heard=heard)
                case Held():
                    followed, moment = await passages.held(tx, turn, shown, ruling, request)
                    ruled = self._awaited(moment, turn)
                case _:
                    followed, ruled = await self.sequels.of_no_hand_over(tx, turn, ruling), ruling
            return replace(followed, step=situation.step.id, ruling=ruling)

        await self.parts.gate.decide(question, sequel)
        assert ruled is not None
        return ruled
