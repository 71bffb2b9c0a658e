"""A step's action is put to the gate, and what the gate rules is done."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from assent_orchestrator.approvals.presented import Scene
from assent_orchestrator.approvals.requirement import Answer
from assent_orchestrator.approvals.worth import answers_worth, facts_of
from assent_orchestrator.audit.stride import Stride
from assent_orchestrator.errors import BusyError
from assent_orchestrator.execution.askable import askable
from assent_orchestrator.execution.driven import SETTLED, Pause
from assent_orchestrator.execution.journal import graph_of
from assent_orchestrator.execution.outcome import Outcomes
from assent_orchestrator.execution.parts import Parts
from assent_orchestrator.execution.patience import HELD_SECONDS, patience, until
from assent_orchestrator.execution.scene import scene_of
from assent_orchestrator.execution.sequel import Sequels
from assent_orchestrator.execution.turn import Turn
from assent_orchestrator.governance.enquiry import action_question
from assent_orchestrator.governance.followed import Followed
from assent_orchestrator.governance.ruling import Allowed, Deferred, Held, Refused, Ruling, Stopped
from assent_orchestrator.plan.unretained import labels_of_never
from assent_sidecar.catalogue.memory_facts import memory_facts
from assent_sidecar.facts import Action
from assent_sidecar.model import seconds
from assent_sidecar.question import Question

FROZEN = Pause(settled=False, seconds=HELD_SECONDS)
"""How long what is paused or stopped waits, unless it is told."""


@dataclass(frozen=True, slots=True)
class Acting:
    """Has actions decided, and done."""

    parts: Parts
    outcomes: Outcomes
    sequels: Sequels

    async def act(self, turn: Turn, action: Action, probe: datetime | None) -> Pause:
        """Ask about the action of a step and go by the ruling; ``probe`` if it is to try its system.

        Raises:
            OvertakenError: the run or the step moved on since; look again.
            FencedError: somebody else drives the run.
        """
        situation, appointed = turn.situation, turn.appointed
        revision = self.parts.revision(situation.run.tenant)
        heard = answers_worth(situation.approval, action.digest, revision, self.parts.clock())
        # Before anybody is asked: people are shown where the ledgers stood for the policy.
        question = await self.parts.gate.informed(self._question(turn, action, heard))

        def scene() -> Scene:
            graph = graph_of(situation.run, self.parts.plans)
            return scene_of(situation, graph, question.ledgers, self.parts.catalogue(situation.run.tenant).ledgers)

        taken: Stride | None = None

        def outright(allowed: Allowed) -> Stride | None:
            nonlocal taken
            taken = self.sequels.outright(turn, allowed)
            return taken

        async def transition(tx: AsyncConnection, ruling: Ruling) -> Followed:
            nonlocal taken
            taken = None
            self.parts.courses.forget(situation.run.id)
            can_be = askable(ruling, appointed.operation)
            return await self.sequels.of_ruling(tx, turn, action, can_be, scene, heard=heard)

        try:
            ruling = await self.parts.gate.rule(
                question,
                transition,
                repeatable=appointed.repeatable,
                outright=outright,
            )
        except BusyError:
            return Pause(settled=False, seconds=patience(turn.tries))
        if taken is not None:
            self.parts.courses.follow(taken)
        return await self.go_by(turn, askable(ruling, appointed.operation), probe)

    async def go_by(self, turn: Turn, ruling: Ruling, probe: datetime | None = None) -> Pause:
        """Do what a ruling that is committed comes to.

        Raises:
            FencedError: somebody else drives the run.
        """
        match ruling:
            case Allowed():
                return await self.outcomes.perform(turn.situation, turn.appointed, ruling, probe)
            case Held(requirement=requirement):
                return Pause(settled=False, seconds=seconds(requirement.expires_in))
            case Deferred(until=moment):
                # A moment that has passed is no reason to ask over and over.
                return Pause(settled=False, seconds=max(until(moment, self.parts.clock()), patience(turn.tries)))
            case Stopped():
                return FROZEN
            case Refused(fault=fault):
                return without_decision(turn) if fault else SETTLED

    def _question(self, turn: Turn, action: Action, heard: Sequence[Answer]) -> Question:
        situation, appointed = turn.situation, turn.appointed
        approval = situation.approval
        question = action_question(
            situation.matter(appointed.process),
            self.parts.clock(),
            step=situation.facts(),
            agent=appointed.agent,
            action=action,
            approvals=facts_of(approval, heard) if approval is not None else (),
            memory=memory_facts(action, appointed.memory),
        )
        return question.confidentially() if labels_of_never(action.labels, appointed.never) else question


def without_decision(turn: Turn) -> Pause:
    """Return what follows for a step that nobody could decide: what its process says."""
    if turn.appointed.process.on_no_decision == "wait":
        return Pause(settled=False, seconds=patience(turn.tries))
    return SETTLED
