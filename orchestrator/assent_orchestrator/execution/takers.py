"""The steps of a run that take over the same, as far as it is known: those that people are asked about at once."""

from collections.abc import Iterator, Mapping
from dataclasses import replace

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from assent_orchestrator.approvals.latest import spoken_for
from assent_orchestrator.approvals.passage import Bound, Taker
from assent_orchestrator.approvals.presented import source_name
from assent_orchestrator.execution.handovers import Key, labels_of
from assent_orchestrator.execution.journal import StepRow, read_steps
from assent_orchestrator.execution.plans import Plans
from assent_orchestrator.execution.situation import Situation
from assent_orchestrator.plan.derived import spec_of, undo_id, whole_id
from assent_orchestrator.plan.handover import HandOver, passed
from assent_orchestrator.plan.label import names, rebase
from assent_orchestrator.plan.reference import Source, items_scan, references, references_of
from assent_orchestrator.plan.state import TERMINAL_STEPS, StepState
from assent_orchestrator.plan.unretained import MARKED
from assent_orchestrator.store.handoff_tables import handoffs
from assent_sidecar.catalogue.process import Step
from assent_sidecar.facts import HandoffFacts, Labels

LIST = "for_each"
"""What the list is called among the places that a step is bound at; no pointer is like it."""


async def takers_of(
    tx: AsyncConnection, situation: Situation, plans: Plans, facts: HandoffFacts, revision: str
) -> tuple[Taker, ...]:
    """Return the step of a situation, and the others of its run that take over what ``facts`` say; the run is locked.

    Of another step it is known once all is at rest that it takes over from: from then on it takes over this and nothing
    else. What passes with a call is known by who calls alone. Those that people were or are asked about already, and
    those that they let take over under the ``revision``, are not among them.
    """
    run, own = situation.run, whole_id(situation.step.id)
    rows = await read_steps(tx, run.id, derived=False) if facts.reason != "call" else {}
    known = [
        (name, spec, one)
        for name, spec, one in (_ahead(situation, plans, rows) if rows else ())
        if (one.source, one.target) == (facts.source, facts.target)
        and all(rows[origin].state in TERMINAL_STEPS for origin in one.origins)
    ]
    origins = {origin for _, _, one in known for origin in one.origins}
    bound = {
        one.source.step for spec in (situation.spec, *(spec for _, spec, _ in known)) for one in references_of(spec)
    }
    labels = await labels_of(tx, situation, origins | set(filter(None, bound)))
    by_id = {step.id: step for step in run.plan.steps}
    spoken = {own, *await spoken_for(tx, run.id, facts.digest), *await _let(tx, run.id, Key.of(facts), revision)}
    found = {own: situation.spec}
    for name, spec, one in known:
        acted = tuple(origin for origin in one.origins if rows[origin].state is not StepState.SKIPPED)
        there = replace(one, origins=acted)
        if acted and name not in spoken and there.facts(passed(there, spec, by_id, labels)).digest == facts.digest:
            found[name] = spec
    place = {step.id: at for at, step in enumerate(run.plan.steps)}
    return tuple(
        Taker(name, found[name].action, _inputs(found[name], labels, situation.input_labels))
        for name in sorted(found, key=lambda name: place[found[name].id])
    )


def _inputs(spec: Step, labels: Mapping[str, Labels], given: Labels) -> tuple[Bound, ...]:
    """Return what a step is bound to, and last the list that it is done for; ``given`` are the labels of inputs."""
    whole = items_scan(spec).references
    places: dict[str, list[Source]] = {}
    for one in references(spec.args):
        places.setdefault(one.pointer, []).append(one.source)
    if whole:
        places[LIST] = [one.source for one in whole]

    def carried(source: Source) -> frozenset[str]:
        if source.item:
            return frozenset().union(*(carried(one.source) for one in whole))
        known = given if source.step is None else labels.get(source.step, {})
        return names(rebase(known, source.path, ())) - {MARKED}

    return tuple(
        Bound(
            place,
            tuple(dict.fromkeys(map(source_name, sources))),
            tuple(sorted(frozenset().union(*map(carried, sources)))),
        )
        for place, sources in places.items()
    )


def _ahead(situation: Situation, plans: Plans, rows: dict[str, StepRow]) -> Iterator[tuple[str, Step, HandOver]]:
    """Yield what is still to be taken over of the plan: by steps that are not at rest, or to undo what was done."""
    plan = situation.run.plan
    hand_overs = plans.hand_overs(situation.run.id, plan)
    for step in plan.steps:
        state = rows[step.id].state
        if not situation.step.undo and state not in TERMINAL_STEPS:
            yield from ((step.id, step, one) for one in hand_overs.of(step.id))
        elif situation.step.undo and state is StepState.SUCCEEDED and step.compensation is not None:
            name = undo_id(step.id)
            spec = spec_of(plan.steps, name)
            yield from ((name, spec, one) for one in hand_overs.of_undoing(step.id, spec))


async def _let(tx: AsyncConnection, run_id: str, key: Key, revision: str) -> frozenset[str]:
    """Return the steps to which people let a hand-over pass under a revision."""
    query = sa.select(handoffs.c.takers).where(
        handoffs.c.run_id == run_id,
        handoffs.c.source == key.source,
        handoffs.c.target == key.target,
        handoffs.c.digest == key.digest,
        handoffs.c.revision == revision,
        handoffs.c.takers.is_not(None),
    )
    return frozenset(name for takers in await tx.scalars(query) for name in takers)
