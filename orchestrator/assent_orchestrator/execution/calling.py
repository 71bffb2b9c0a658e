"""What a step hands over by calling a service that acts as another agent."""

from collections.abc import Iterator
from dataclasses import replace

from assent_orchestrator.execution.parts import Parts
from assent_orchestrator.execution.situation import Situation
from assent_orchestrator.governance.stop import Subject
from assent_orchestrator.plan.handover import called_with
from assent_sidecar.facts import Action, HandoffFacts


def called(situation: Situation, parts: Parts, action: Action) -> HandoffFacts | None:
    """Return what is said of handing ``action`` to the service that a step calls; None: nobody else takes it over."""
    run, spec = situation.run, situation.spec
    target = parts.catalogue(run.tenant).acting(spec.action)
    if not target:
        return None
    call = parts.plans.hand_overs(run.id, run.plan).call(spec, target)
    if call is None:
        return None
    return call.facts(called_with(spec, {step.id: step for step in run.plan.steps}, action.labels))


def subjects(situation: Situation, parts: Parts) -> Iterator[Subject]:
    """Yield what stops of a step are held against: the step itself, and the agent that it hands over to by a call."""
    yield situation.subject
    target = parts.catalogue(situation.run.tenant).acting(situation.spec.action)
    if target not in ("", situation.spec.agent):
        yield replace(situation.subject, agent=target, system=None)
