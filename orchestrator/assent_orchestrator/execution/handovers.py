"""What a step takes over from other agents, and what of it was allowed in its run."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from assent_orchestrator.approvals.latest import any_refused, refused_to
from assent_orchestrator.execution import bulk
from assent_orchestrator.execution.handed import Narrow, narrowed
from assent_orchestrator.execution.plans import Plans
from assent_orchestrator.execution.situation import Situation
from assent_orchestrator.governance.judging import Less
from assent_orchestrator.plan.derived import whole_id
from assent_orchestrator.plan.handover import HandOver, passed
from assent_orchestrator.plan.reference import references_of
from assent_orchestrator.plan.state import StepState
from assent_orchestrator.store.handoff_tables import handoffs
from assent_orchestrator.store.tables import steps
from assent_sidecar.decision import Entrust, Redact
from assent_sidecar.facts import HandoffFacts, Labels


@dataclass(frozen=True, slots=True)
class Key:
    """What makes a hand-over of a run the same as another: all that is said of it, but for what ledgers have left."""

    source: str
    target: str
    digest: str

    @classmethod
    def of(cls, facts: HandoffFacts) -> "Key":
        """Return the key of a hand-over."""
        return cls(facts.source, facts.target, facts.digest)


def taken_over(situation: Situation, plans: Plans) -> tuple[HandOver, ...]:
    """Return what a step takes over; what was skipped has nothing to hand over. For plans of one agent it is free."""
    found = plans.hand_overs(situation.run.id, situation.run.plan)
    spec = situation.spec
    several = found.of_undoing(spec.id, spec) if situation.step.undo else found.of(spec.id)
    if not several:
        return ()
    there = (replace(one, origins=tuple(filter(situation.has_acted, one.origins))) for one in several)
    return tuple(one for one in there if one.origins)


async def told(tx: AsyncConnection, situation: Situation, several: Sequence[HandOver]) -> tuple[HandoffFacts, ...]:
    """Return what is said of hand-overs to a step, in their order."""
    by_id = {step.id: step for step in situation.run.plan.steps}
    bound = {one.source.step for one in references_of(situation.spec)}
    labels = await labels_of(tx, situation, filter(None, bound))
    return tuple(one.facts(passed(one, situation.spec, by_id, labels)) for one in several)


async def allowed(
    tx: AsyncConnection, situation: Situation, revision: str | None = None, *, target: str | None = None
) -> Mapping[Key, Less]:
    """Return the hand-overs to ``target`` that were allowed in the run of a step, with what passes less than there is.

    Without a ``target``, those to the agent of the step. Those that a ``revision`` allowed; None: whichever did, the
    newest word on each. What people let pass to other steps alone is not among them; nor is what policies let pass
    without them after these people said of the step that it must not, or what passes less.
    """
    target, taker = target or situation.spec.agent, whole_id(situation.step.id)
    query = sa.select(handoffs, any_refused(situation.run.id).label("any_refused")).where(
        handoffs.c.run_id == situation.run.id,
        handoffs.c.target == target,
        sa.or_(handoffs.c.takers.is_(None), handoffs.c.takers.contains([taker])),
    )
    if revision is not None:
        query = query.where(handoffs.c.revision == revision)
    rows = (await tx.execute(query.order_by(handoffs.c.decided_at))).all()
    shown = {(row.source, row.digest, row.revision) for row in rows if row.takers is not None}
    refused = await refused_to(tx, situation.run.id, taker) if rows and rows[0].any_refused else frozenset()
    return {
        Key(row.source, target, row.digest): Less(
            tuple(Redact.from_json(one) for one in row.redactions),
            tuple(Entrust.from_json(one) for one in row.entrusts),
        )
        for row in rows
        if row.takers is not None or (row.digest not in refused and (row.source, row.digest, row.revision) not in shown)
    }


async def as_handed_over(tx: AsyncConnection, situation: Situation, plans: Plans) -> Situation:
    """Return a situation as the step saw it when it was asked about: without what was not handed over.

    Raises:
        RedactionError: what must not pass cannot be taken away with certainty.
    """
    several = taken_over(situation, plans)
    if not several:
        return situation
    facts = await told(tx, situation, several)
    known = await allowed(tx, situation)
    narrow = [Narrow(one, known.get(Key.of(said), Less()).redactions) for one, said in zip(several, facts, strict=True)]
    return await bulk.aside(narrowed, situation.values(), situation, narrow)


async def labels_of(tx: AsyncConnection, situation: Situation, names: Iterable[str]) -> dict[str, Labels]:
    """Return the labels of what steps of a run returned, by step; of what the situation has, as it has them."""
    found = {name: row.labels or {} for name, row in situation.outputs.items()}
    bound = {*names} - found.keys()
    if bound:
        query = sa.select(steps.c.id, steps.c.labels).where(
            steps.c.run_id == situation.run.id, steps.c.id.in_(bound), steps.c.state == str(StepState.SUCCEEDED)
        )
        for row in await tx.execute(query):
            found[row.id] = {pointer: tuple(names) for pointer, names in (row.labels or {}).items()}
    return found
