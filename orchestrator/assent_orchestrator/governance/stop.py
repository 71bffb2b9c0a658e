"""An order to stop: to whom it applies, and what a decision under it looks like. Pure."""

import uuid
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from assent_sidecar.catalogue.catalogue import Catalogue
from assent_sidecar.decision import Decided, Decision, Provenance, Reason, StepForecast, Verdict
from assent_sidecar.model import Json
from assent_sidecar.question import Question

STOPPED = "STOPPED"
"""The reason code of whatever a stop holds up."""

ENGINE = "assent"
_VERSION = "stops/1"  # in place of an engine's version: the rules of this file
_NAMED = "stops/"


class Scope(StrEnum):
    """How far a stop reaches. All but ``ALL`` stay within the tenant of who gave the order."""

    ALL = "all"
    TENANT = "tenant"
    AGENT = "agent"
    PROCESS = "process"
    RUN = "run"
    SYSTEM = "system"


WITHOUT_VALUE = frozenset({Scope.ALL, Scope.TENANT})
"""Scopes that name nothing further."""


@dataclass(frozen=True, slots=True)
class Subject:
    """What a question is about, as far as stops can name it; None is what the question does not have."""

    tenant: str
    run: str | None
    process: str | None
    agent: str | None = None
    system: str | None = None

    @classmethod
    def of(cls, question: Question) -> "Subject":
        """Return what a question is about."""
        return cls(
            tenant=question.tenant,
            run=question.run.id if question.run else None,
            process=question.process.name if question.process else None,
            agent=question.agent.id if question.agent else None,
            system=question.action.system if question.action else None,
        )


@dataclass(frozen=True, slots=True)
class Stop:
    """One order to stop, and who lifted it. ``value`` is the name of what is stopped; empty where there is none."""

    tenant: str
    id: str
    scope: Scope
    value: str
    reason: str
    created_by: str
    created_at: datetime
    lifted_by: str | None = None
    lifted_at: datetime | None = None
    lift_reason: str | None = None

    @property
    def in_force(self) -> bool:
        """Whether nobody has lifted it."""
        return self.lifted_at is None

    def applies(self, subject: Subject) -> bool:
        """Say whether nothing may be dispatched for this subject because of this stop."""
        if not self.in_force:
            return False
        if self.scope is Scope.ALL:
            return True
        if self.tenant != subject.tenant:
            return False
        match self.scope:
            case Scope.TENANT:
                return True
            case Scope.AGENT:
                return self.value == subject.agent
            case Scope.PROCESS:
                return self.value == subject.process
            case Scope.RUN:
                return self.value == subject.run
            case Scope.SYSTEM:
                return self.value == subject.system


def declares(catalogue: Catalogue, scope: Scope, name: str) -> bool:
    """Say whether a bundle declares an agent, a process or a system of that name."""
    match scope:
        case Scope.AGENT:
            return name in catalogue.agents
        case Scope.PROCESS:
            return name in catalogue.processes
        case Scope.SYSTEM:
            return name in catalogue.systems
        case _:
            return False


def applying(stops: Collection[Stop], subject: Subject) -> tuple[Stop, ...]:
    """Return the stops that apply, in their order."""
    return tuple(stop for stop in stops if stop.applies(subject))


def stopped(question: Question, stops: Sequence[Stop], *, input_digest: str, duration_us: int = 0) -> Decided:
    """Return the deny that these stops make of a question. It is no fault: it is the word of whoever gave the order."""
    reasons = tuple(_reason(stop) for stop in stops)
    steps = question.plan.steps if question.plan else ()
    forecast = StepForecast(verdict=Verdict.DENY, reasons=reasons)
    return Decided(
        decision=Decision(verdict=Verdict.DENY, reasons=reasons, steps={step.id: forecast for step in steps}),
        provenance=Provenance(
            decision_id=str(uuid.uuid4()),
            revision="",
            engine=ENGINE,
            engine_version=_VERSION,
            input_digest=input_digest,
            duration_us=duration_us,
        ),
    )


def foreseen(question: Question, decided: Decided, stops: Collection[Stop]) -> Decided:
    """Return the decision on a plan with the steps marked that a stop will hold up when their turn comes."""
    if question.plan is None or not decided.decision.steps:
        return decided
    subject = Subject.of(question)
    steps = dict(decided.decision.steps)
    for step in question.plan.steps:
        one = Subject(subject.tenant, subject.run, subject.process, step.agent.id, step.action.system)
        found = applying(stops, one)
        if found and step.id in steps:
            reasons = (*(_reason(stop) for stop in found), *steps[step.id].reasons)
            steps[step.id] = StepForecast(verdict=Verdict.DENY, reasons=reasons)
    return decided.model_copy(update={"decision": decided.decision.model_copy(update={"steps": steps})})


def is_stopped(decided: Decided) -> bool:
    """Say whether a decision is a stop's; a policy that uses the same code is not."""
    return decided.provenance.engine == ENGINE and STOPPED in decided.codes


def stop_ids(decided: Decided) -> tuple[str, ...]:
    """Return the ids of the stops that made a decision; none when it is not a stop's."""
    return named_in(decided.to_json()) if is_stopped(decided) else ()


def named_in(stored: Mapping[str, Json] | None) -> tuple[str, ...]:
    """Return the ids of the stops that made a stored decision; none when it is not a stop's, or there is none."""
    if stored is None or stored.get("provenance", {}).get("engine") != ENGINE:
        return ()
    rules = [reason["rule"] or "" for reason in stored["decision"]["reasons"] if reason["code"] == STOPPED]
    return tuple(rule.removeprefix(_NAMED) for rule in rules)


def _reason(stop: Stop) -> Reason:
    of = f"{stop.scope} {stop.value}".strip()
    said = f"stop {stop.id} is in force ({of}): {stop.reason}"
    return Reason(code=STOPPED, message=said if len(said) <= 500 else said[:499] + "…", rule=f"{_NAMED}{stop.id}")


def under_stops(in_force: tuple[Stop, ...], question: Question, asked: Decided) -> Decided | None:
    """Return the decision with the stops that are in force as it is committed; None: what stopped it is lifted."""
    found = applying(in_force, Subject.of(question))
    if found and tuple(stop.id for stop in found) == stop_ids(asked):
        return asked
    if found:
        source = asked.provenance
        return stopped(question, found, input_digest=source.input_digest, duration_us=source.duration_us)
    return None if is_stopped(asked) else foreseen(question, asked, in_force)
