"""What a picture of a forecast shows: nodes, the edges between them, and what flows where."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from assent.v1 import decisions_pb2, forecasts_pb2, plans_pb2
from assent_orchestrator.cli import finding
from assent_orchestrator.cli.headline import headline, withheld
from assent_orchestrator.cli.log import one_line
from assent_orchestrator.cli.printing import word
from assent_sidecar.catalogue.own import FORGET, MEMORY, RECALL, REMEMBER

REFUSED = frozenset({"deny", "halt"})
"""Verdicts under which nothing reaches a system, except where a step fails only once it is done."""

_IN_MEMORY = {RECALL: "recalls", FORGET: "forgets"}
"""What steps of memory do, other than to remember."""

_NOT_DRAWN = frozenset({"reserve", "timeout", "retry"})
"""Obligations that say nothing of what flows where; what is reserved is drawn with its ledger."""


@dataclass(frozen=True, slots=True)
class Node:
    """A step, or a choice between branches (``is_choice``): then it has a title and nothing else.

    ``labels`` are those that its arguments carry to the system; a step that is refused sends nothing. ``taken_over``
    says from which other agents the work comes, and what is said to that: where nothing passes, it is denied, too.
    ``memory`` says what a step of memory does there; its labels leave Assent for no system.
    """

    key: str
    title: str
    agent: str = ""
    action: str = ""
    effect: str = ""
    verdict: str = ""
    may_change: bool = False
    reasons: str = ""
    approval: str = ""
    obligations: tuple[str, ...] = ()
    ledgers: tuple[str, ...] = ()
    reserves: tuple[tuple[str, str], ...] = ()
    labels: tuple[str, ...] = ()
    memory: str = ""
    taken_over: tuple[str, ...] = ()
    fails_when_done: bool = False
    is_choice: bool = False

    @property
    def said(self) -> str:
        """The verdict, and whether it may be another one with what is not known yet."""
        return f"{self.verdict}, may change" if self.may_change else self.verdict

    @property
    def notes(self) -> tuple[str, ...]:
        """What the step needs, takes and sends, a line each."""
        counted = [name for name in self.ledgers if name not in {ledger for ledger, _ in self.reserves}]
        lines = (
            f"because of {self.reasons}" if self.reasons and self.verdict != "allow" else "",
            "fails once it is done" if self.fails_when_done else "",
            *self.taken_over,
            f"needs approval by {self.approval}" if self.approval else "",
            *(f"reserves {amount} on {ledger}" for ledger, amount in self.reserves),
            f"counted by {', '.join(counted)}" if counted else "",
            *self.obligations,
            self.memory or (f"sends out {', '.join(self.labels)}" if self.labels else ""),
        )
        return tuple(line for line in lines if line)


@dataclass(frozen=True, slots=True)
class Edge:
    """``target`` waits for ``source``; ``note`` says when it is taken at all: a branch, or in whose place.

    ``hands_over``: another agent goes on.
    """

    source: str
    target: str
    note: str = ""
    instead: bool = False
    hands_over: bool = False


@dataclass(frozen=True, slots=True)
class Flow:
    """The labels that a plan carries to one system, and by which steps."""

    system: str
    labels: tuple[str, ...]
    nodes: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Picture:
    """A forecast as it is drawn: every node behind all that it waits for, edges that others imply left out."""

    title: str
    verdict: str
    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]
    flows: tuple[Flow, ...] = ()
    ledgers: tuple[tuple[str, str], ...] = ()


def picture_of(forecast: forecasts_pb2.Forecast) -> Picture:
    """Return what there is to draw of a forecast."""
    planned = {step.id: step for step in forecast.plan.steps}
    choices = {_choice_key(name): name for name in sorted(forecast.plan.choices)}
    nodes = {key: Node(key, one_line(name), is_choice=True) for key, name in choices.items()}
    for step in forecast.steps:
        written = planned.get(step.id)
        agent, action = (written.agent, written.action) if written else ("", "")
        mine = [one for one in forecast.hand_overs if step.id in one.steps]
        node = _node(step, agent, action, _taken_over(mine))
        if written and action.partition(".")[0] == MEMORY:
            node = _of_memory(node, written)
        nodes[step.id] = _cut_off(node, [one for one in mine if withheld(one)])
    edges = _edges(forecast, frozenset(nodes))
    order = _order(tuple(nodes), edges)
    drawn = tuple(nodes[key] for key in order)
    plan = forecast.plan
    return Picture(
        title=one_line(f"{plan.process} {plan.process_version}".strip()),
        verdict=one_line(headline(forecast).plain),
        nodes=drawn,
        edges=_needed(edges, order),
        flows=_flows(drawn),
        ledgers=_ledgers(forecast.steps),
    )


def _taken_over(hand_overs: Iterable[forecasts_pb2.HandOverForecast]) -> tuple[str, ...]:
    """Return from whom the work of a step comes, and to whom it passes by a call: a line for each answer."""
    told: dict[tuple[str, str], list[str]] = {}
    for one in hand_overs:
        why = one.refusal or (finding.codes_line(one.reasons) if one.verdict != decisions_pb2.VERDICT_ALLOW else "")
        said = "refused" if one.refusal else finding.verdict_word(one.verdict)
        if one.HasField("approval"):
            why = f"{why}, approval by {finding.requirement_lines(one.approval)[0]}"
        how, who = ("to", one.target) if one.reason == "call" else ("by", one.source)
        told.setdefault((how, f"{said}{f' because of {why}' if why else ''}"), []).append(who)
    return tuple(one_line(f"handed over {how} {', '.join(who)}: {said}") for (how, said), who in told.items())


def _cut_off(node: Node, nothing_passes: Sequence[forecasts_pb2.HandOverForecast]) -> Node:
    """Return a step to which nothing passes, or that passes nothing to whom it calls, as one that is not done.

    Why is told with the hand-over (``taken_over``). A step that is refused anyway is shown with what is said to itself.
    """
    if not nothing_passes or (node.verdict in REFUSED and not node.fails_when_done):
        return node
    return replace(
        node,
        verdict="halt" if any(one.verdict == decisions_pb2.VERDICT_HALT for one in nothing_passes) else "deny",
        may_change=all(one.labels for one in nothing_passes),
        reasons="",
        labels=(),
        memory="",
        fails_when_done=False,
    )


def _node(step: forecasts_pb2.StepForecast, agent: str, action: str, taken_over: tuple[str, ...]) -> Node:
    verdict = finding.verdict_word(step.verdict)
    reserves = [one.reserve for one in step.obligations if one.WhichOneof("kind") == "reserve"]
    others = [one for one in step.obligations if one.WhichOneof("kind") not in _NOT_DRAWN]
    is_done = verdict not in REFUSED or step.fails_when_done
    sent = {label for found in step.labels.values() for label in found.labels} if is_done else ()
    return Node(
        key=step.id,
        title=one_line(step.id),
        agent=one_line(agent),
        action=one_line(action),
        effect=word(decisions_pb2.Effect, step.effect, "EFFECT"),
        verdict=verdict,
        may_change=step.may_change,
        reasons=one_line(finding.codes_line(step.reasons)),
        approval=one_line(finding.requirement_lines(step.approval)[0]) if step.HasField("approval") else "",
        obligations=tuple(one_line(finding.obligation_line(one)) for one in others),
        ledgers=tuple(one_line(one.ledger) for one in step.ledgers),
        reserves=tuple((one_line(one.ledger), one_line(one.amount)) for one in reserves),
        labels=tuple(sorted(map(one_line, sent))),
        taken_over=taken_over,
        fails_when_done=step.fails_when_done,
    )


def _of_memory(node: Node, written: plans_pb2.PlanStep) -> Node:
    """Return a step of memory with what it does there: nothing of that goes out."""
    named = written.args.fields["class"].string_value if "class" in written.args.fields else ""
    where = one_line(f" as {named}" if named else "")
    if node.verdict in REFUSED and not node.fails_when_done:
        return replace(node, labels=())
    if written.action != REMEMBER:
        return replace(node, labels=(), memory=f"{_IN_MEMORY.get(written.action, 'uses')} what is remembered{where}")
    labels = f": {', '.join(node.labels)}" if node.labels else ""
    return replace(node, labels=(), memory=f"is remembered{where}{labels}")


def _edges(forecast: forecasts_pb2.Forecast, known: frozenset[str]) -> tuple[Edge, ...]:
    """Return everything that waits for something: steps of a branch for their choice, and that for what it needs."""
    replaces = {
        (step.id, step.alternative) for step in forecast.plan.steps if step.WhichOneof("on_failure") == "alternative"
    }
    branches = {step.id: step.branch for step in forecast.plan.steps if step.branch}
    agents = {step.id: step.agent for step in forecast.plan.steps}
    passing = (one for one in forecast.hand_overs if one.reason != "call" and not withheld(one))
    handed_over = {(one.source, step) for one in passing for step in one.steps}
    found = [
        Edge(source, _choice_key(name))
        for name in sorted(forecast.plan.choices)
        for source in forecast.plan.choices[name].after
    ]
    for step in forecast.steps:
        choice, _, branch = branches.get(step.id, "").partition(".")
        if choice:
            found.append(Edge(_choice_key(choice), step.id, one_line(branch)))
        for source in step.depends_on:
            passes = (agents.get(source, ""), step.id) in handed_over
            instead = (source, step.id) in replaces
            found.append(Edge(source, step.id, "instead" if instead else "", instead, passes))
    return tuple(dict.fromkeys(edge for edge in found if edge.source in known and edge.target in known))


def _order(keys: tuple[str, ...], edges: Iterable[Edge]) -> tuple[str, ...]:
    """Return every node behind what it waits for, otherwise as they come; a circle, which no server sends, as it comes.

    A node comes as soon as it can: what belongs together stands together.
    """
    waits: dict[str, set[str]] = {key: set() for key in keys}
    leads: dict[str, list[str]] = {key: [] for key in keys}
    for edge in edges:
        waits[edge.target].add(edge.source)
        leads[edge.source].append(edge.target)
    place = {key: at for at, key in enumerate(keys)}
    order: dict[str, None] = {}
    ready = sorted((key for key in keys if not waits[key]), key=place.__getitem__, reverse=True)
    while ready:
        key = ready.pop()
        order[key] = None
        freed = []
        for target in leads[key]:
            waits[target].discard(key)
            if not waits[target] and target not in order and target not in freed:
                freed.append(target)
        ready = sorted((*ready, *freed), key=place.__getitem__, reverse=True) if freed else ready
    return (*order, *(key for key in keys if key not in order))


def _needed(edges: Iterable[Edge], order: tuple[str, ...]) -> tuple[Edge, ...]:
    """Leave out an edge without a note where a longer way says the same already."""
    into: dict[str, list[Edge]] = {key: [] for key in order}
    for edge in edges:
        into[edge.target].append(edge)
    above: dict[str, frozenset[str]] = {}
    kept: list[Edge] = []
    for key in order:
        sources = {edge.source for edge in into[key]}
        further = frozenset[str]().union(*(above.get(source, frozenset()) for source in sources))
        kept += [edge for edge in into[key] if edge.note or edge.source not in further]
        above[key] = further | sources
    return tuple(kept)


def _flows(nodes: Iterable[Node]) -> tuple[Flow, ...]:
    """Return, by system, which labels reach it and through which steps."""
    labels: dict[str, set[str]] = {}
    steps: dict[str, list[Node]] = {}
    for node in nodes:
        if node.labels:
            system = node.action.partition(".")[0]
            labels.setdefault(system, set()).update(node.labels)
            steps.setdefault(system, []).append(node)
    return tuple(Flow(system, tuple(sorted(labels[system])), tuple(steps[system])) for system in sorted(labels))


def _ledgers(steps: Iterable[forecasts_pb2.StepForecast]) -> tuple[tuple[str, str], ...]:
    """Return each ledger with what is left of it; where that is the same for every step."""
    found: dict[str, set[str]] = {}
    for step in steps:
        for one in step.ledgers:
            found.setdefault(one_line(one.ledger), set()).add(one_line(f"{one.remaining} of {one.limit} left"))
    return tuple(
        (name, next(iter(found[name])) if len(found[name]) == 1 else "differs by step") for name in sorted(found)
    )


def _choice_key(name: str) -> str:
    """Return the key of a choice; no step has one like it, for names hold no dot."""
    return f"{name}.choice"
