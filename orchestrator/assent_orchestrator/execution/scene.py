"""What is around an action when people are asked about it: what happened, what follows, what it costs. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import replace

from assent_orchestrator.approvals.presented import Counter, Happened, Scene
from assent_orchestrator.execution.journal import RunRow, StepRow
from assent_orchestrator.execution.situation import Situation
from assent_orchestrator.plan.choice import choice_of, nodes
from assent_orchestrator.plan.graph import Graph
from assent_orchestrator.plan.state import StepState
from assent_sidecar.catalogue.ledger import Ledger
from assent_sidecar.catalogue.process import Alternative, Ask, Asking
from assent_sidecar.facts import LedgerFacts


def scene_of(
    situation: Situation, graph: Graph, facts: Mapping[str, LedgerFacts], ledgers: Mapping[str, Ledger]
) -> Scene:
    """Return the scene; ``facts`` say where the ledgers stand that count the action."""
    before = situation.approval
    return Scene(
        agent=situation.spec.agent,
        principal=situation.run.principal.id,
        args=situation.spec.args,
        edited=tuple(situation.edits),
        so_far=tuple(happened_before(situation.run, situation.steps, situation.spec.id)),
        on_yes=() if situation.step.undo else tuple(_following(situation, graph)),
        on_no=_on_no(situation),
        ledgers={name: Counter(ledgers[name].unit, found) for name, found in facts.items() if name in ledgers},
        before={**before.presented, "action_digest": before.action_digest} if before is not None else None,
        digests=situation.digests,
    )


def scene_of_hand_over(situation: Situation, graph: Graph, source: str) -> Scene:
    """Return what is around work that ``source`` hands over: the step that takes it over comes next."""
    whole = scene_of(situation, graph, {}, {})
    return replace(whole, agent=source, args={}, edited=(), on_yes=(situation.spec.id,), before=None)


def happened_before(run: RunRow, rows: Mapping[str, StepRow], own: str) -> Iterable[Happened]:
    """Yield the steps beside a run's own one whose turn has come, in the order of the plan."""
    for node in nodes(run.plan):
        row = rows.get(node.id)
        if row is None or choice_of(row.id) is not None or row.id == own or row.state is StepState.PENDING:
            continue
        yield Happened(row.id, row.action, str(row.state))


def _following(situation: Situation, graph: Graph) -> Iterable[str]:
    """Yield the steps that wait for this one, and are not taken in its place."""
    plan, own = situation.run.plan, situation.spec
    instead = own.on_failure.alternative if isinstance(own.on_failure, Alternative) else None
    for step in plan.steps:
        row = situation.steps.get(step.id)
        pending = row is None or row.state is StepState.PENDING
        if pending and step.id != instead and own.id in graph.depends_on(step.id):
            yield step.id


def _on_no(situation: Situation) -> str:
    """Return what follows from a no: ``stops``, ``skips``, ``alternative: x``, ``compensates: a, b``, ``leaves: x``."""
    if situation.step.undo:
        return f"leaves: {situation.spec.id}"
    match situation.spec.on_failure:
        case Alternative(alternative=name):
            return f"alternative: {name}"
        case "skip" | Asking(ask=Ask(otherwise="skip")):
            return "skips"
        case "compensate" | Asking(ask=Ask(otherwise="compensate")):
            undone = [
                step.id
                for step in situation.run.plan.steps
                if step.compensation is not None and situation.steps[step.id].state is StepState.SUCCEEDED
            ]
            return f"compensates: {', '.join(undone)}" if undone else "stops"
        case _:
            return "stops"
