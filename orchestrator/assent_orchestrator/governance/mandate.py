"""What a service that acts as an agent may ask for while it does what it was called for: its mandate."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field

from assent_orchestrator.errors import ForbiddenError, StateError
from assent_orchestrator.governance.permit import Permit
from assent_orchestrator.governance.stop import Subject
from assent_sidecar.catalogue.agent import AgentLimits
from assent_sidecar.facts import BatchAction, Principal, ProcessFacts, RunFacts, StepFacts, UnderFacts
from assent_sidecar.model import Json, Name

_MOST_LABELS = 100
"""As many are named in a record; the digest of the question binds all."""

TOO_DEEP = "TOO_DEEP"
"""Why an allowed action is refused: more permits are above it than its agent may have."""

TOO_WIDE = "TOO_WIDE"
"""Why an allowed action is refused: as many were permitted under the same permit as its agent may have."""

TOO_MANY_ACTIONS = "TOO_MANY_ACTIONS"
"""Why an allowed action is refused: its agent has done as much in the run as it may."""


class UnderPermitNeededError(ForbiddenError):
    """An agent that is a service acts only while it does what it was called for, under the permit of the call."""

    code = "UNDER_PERMIT_NEEDED"


class UnderPermitInvalidError(ForbiddenError):
    """What is shown is no permit of ours for an action of a service, or of somebody else's."""

    code = "UNDER_PERMIT_INVALID"


class UnderPermitOverError(StateError):
    """What the permit was given for is not under way any more, or nothing new is begun where it is."""

    code = "UNDER_PERMIT_OVER"


class RunPausedError(StateError):
    """The run in which the permit was given is paused: nothing new is begun in it until it is resumed."""

    code = "RUN_PAUSED"


@dataclass(frozen=True, slots=True)
class Above:
    """A permit that is above an action: its id, the agent that had it given, and for which ``system.operation``."""

    permit: str
    agent: str
    action: str


@dataclass(frozen=True, slots=True)
class Origin:
    """Where in a run the first of the permits was given; ``row`` is the id of the step's row.

    ``confided``: an input is never retained.
    """

    process: ProcessFacts
    run: RunFacts
    step: StepFacts
    row: str
    principal: Principal
    agent: str
    inputs: Mapping[str, Json]
    confided: bool = False


@dataclass(frozen=True, slots=True)
class Mandate:
    """What ``agent`` may ask for: under which permits, the first one first, and on whose behalf.

    ``key`` is the idempotency key of the effect that it was called for. ``labels`` are those of what it may know by
    now: of what it was called with, and of what was returned to whoever acts under the same first permit. There is no
    ``origin`` where that one was given outside of runs.
    """

    agent: str
    above: tuple[Above, ...]
    key: str
    principal: Principal
    process: ProcessFacts | None
    limits: AgentLimits
    labels: tuple[Name, ...]
    origin: Origin | None = None

    @property
    def permit(self) -> str:
        """The id of the permit that the service was called with."""
        return self.above[-1].permit

    @property
    def depth(self) -> int:
        """How many permits are above what is asked for."""
        return len(self.above)

    @property
    def run_id(self) -> str | None:
        """The run in which the first permit was given, if any."""
        return self.origin.run.id if self.origin is not None else None

    def facts(self) -> UnderFacts:
        """Return it as a policy sees it."""
        called = self.above[-1]
        return UnderFacts(agent=called.agent, action=called.action, depth=self.depth, labels=self.labels)

    def subjects(self, tenant: str) -> tuple[Subject, ...]:
        """Return what stops are held against beside the action itself: whatever is above is still under way, too."""
        process = self.process.name if self.process is not None else None
        systems = ((one.agent, one.action.partition(".")[0]) for one in self.above)
        return tuple(Subject(tenant, self.run_id, process, agent, system) for agent, system in systems)

    def effect_key(self, item: str, digest: str) -> str:
        """Return the idempotency key of an action: the same for the same action, however often the call is made again.

        The calls of all attempts at a step have one key themselves; what they set going is done once, too. ``digest``
        is that of the action as the service names it, without the labels of what the service knows, which grow.
        """
        return hashlib.sha256(f"{self.key}\n{item}\n{digest}".encode()).hexdigest()

    def footing(self, permit: Permit, asked: BatchAction) -> dict[str, Json]:
        """Return what is kept with a permit for a service, so that it may ask under that one in turn."""
        return footing_of(self.principal, self.process, (*self.above, _above(permit, asked)))

    def detail(self, asked: BatchAction) -> dict[str, Json]:
        """Return what the trail has of it."""
        return {"under": self.permit, "depth": self.depth, "item": asked.id, "labels": list(self.labels[:_MOST_LABELS])}


@dataclass(slots=True)
class Room:
    """How much may still be permitted, counted while nobody else can permit anything under the same permit."""

    mandate: Mandate
    children: int
    actions: int
    _taken: int = field(default=0, init=False)

    def refusal(self) -> tuple[str, str] | None:
        """Return why nothing more is permitted, as a code and a sentence; None: there is room."""
        limits = self.mandate.limits
        if self.mandate.depth > limits.depth:
            return TOO_DEEP, f"{self.mandate.depth} permits are above it, and this agent may have {limits.depth}"
        if self.children + self._taken >= limits.fan_out:
            return TOO_WIDE, f"this agent may have {limits.fan_out} permits under one"
        if self.actions + self._taken >= limits.actions:
            return TOO_MANY_ACTIONS, f"this agent may do {limits.actions} actions in one run"
        return None

    def take(self) -> None:
        """Count one that is permitted."""
        self._taken += 1


def first_footing(
    principal: Principal, process: ProcessFacts | None, permit: Permit, asked: BatchAction
) -> dict[str, Json]:
    """Return what is kept with a permit for a service that is the first: nothing is above it."""
    return footing_of(principal, process, (_above(permit, asked),))


def footing_of(principal: Principal, process: ProcessFacts | None, above: tuple[Above, ...]) -> dict[str, Json]:
    """Return on whose behalf, in which process and under which permits a service acts, as it is kept."""
    return {
        "principal": principal.to_json(),
        "process": process.name if process is not None else None,
        "above": [[one.permit, one.agent, one.action] for one in above],
    }


def read_above(footing: Mapping[str, Json]) -> tuple[Above, ...]:
    """Return the permits that were kept."""
    return tuple(Above(*one) for one in footing["above"])


def _above(permit: Permit, asked: BatchAction) -> Above:
    return Above(permit.id, asked.agent.id, f"{asked.action.system}.{asked.action.operation}")
