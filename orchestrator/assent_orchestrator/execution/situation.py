"""Everything one attempt at a step has to know, read in one go."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from sqlalchemy.ext.asyncio import AsyncConnection

from assent_orchestrator.approvals.approval import Approval, ApprovalKind
from assent_orchestrator.approvals.latest import latest_requests
from assent_orchestrator.approvals.request import open_item, read_edits
from assent_orchestrator.execution.element import is_spoilt, read_item
from assent_orchestrator.execution.journal import RunRow, StepRow, graph_of, read_outputs, read_run, read_steps
from assent_orchestrator.execution.plans import Plans
from assent_orchestrator.execution.unretained import INPUTS, Unretained
from assent_orchestrator.governance import intent
from assent_orchestrator.governance.enquiry import Matter
from assent_orchestrator.governance.intent import Intent
from assent_orchestrator.governance.stop import STOPPED, Subject
from assent_orchestrator.plan.binding import Item
from assent_orchestrator.plan.choice import as_steps, choice_of
from assent_orchestrator.plan.derived import spec_of, undone_id
from assent_orchestrator.plan.digests import Digests
from assent_orchestrator.plan.graph import Graph
from assent_orchestrator.plan.reference import references
from assent_orchestrator.plan.state import StepState
from assent_orchestrator.plan.unretained import is_marked
from assent_sidecar.catalogue.agent import Agent
from assent_sidecar.catalogue.catalogue import Catalogue
from assent_sidecar.catalogue.memory import Memory
from assent_sidecar.catalogue.process import Process, Step
from assent_sidecar.catalogue.system import Breaker, Operation
from assent_sidecar.facts import Labels, StepFacts
from assent_sidecar.facts import StepState as StepSummary
from assent_sidecar.model import Json, Pointer

CIRCUIT_OPEN = "CIRCUIT_OPEN"
"""Why a step waits whose system failed too often."""


class UncataloguedError(Exception):
    """The bundle in force no longer knows something the plan names; ``code`` says what."""

    def __init__(self, code: str, message: str) -> None:
        """Say what is not known any more."""
        super().__init__(message)
        self.code = code
        self.message = message


@dataclass(frozen=True, slots=True)
class Situation:
    """One row of one run, with what it depends on. ``outputs`` holds succeeded steps only, by the plan's ids.

    ``spec`` is what the row does: the step of the plan, or what undoes it. It is bound to ``outputs``, and the row
    of an item to ``item``; ``approval`` is what people are asked about its action, ``handoff`` what they are asked
    about work that it is to take over; ``edits`` are what approvers changed in its arguments. ``decision`` is the
    newest on the row, None: nobody was asked yet. ``spoilt`` says that another item of its step failed that the step
    cannot go on without. ``work_item`` is what a person is asked about a failed step.

    ``inputs``, with their labels, are those of the run. Where they, outputs or the item hold what is not retained, that
    is in them as long as this server has it; ``confided`` says so. What it has not is a mark (plan/unretained).
    ``digests`` are how an action is named that has such a value.
    """

    run: RunRow
    step: StepRow
    spec: Step
    steps: Mapping[str, StepRow]
    depends_on: tuple[str, ...]
    inputs: Mapping[str, Json]
    input_labels: Labels
    outputs: Mapping[str, StepRow]
    decision: dict[str, Json] | None
    intent: Intent | None
    approval: Approval | None
    digests: Digests
    item: Item | None = None
    spoilt: bool = False
    edits: Mapping[Pointer, Json] = field(default_factory=dict)
    work_item: Approval | None = None
    confided: bool = False
    handoff: Approval | None = None

    @property
    def requests(self) -> tuple[Approval, ...]:
        """What policies had people asked about the step."""
        return tuple(filter(None, (self.approval, self.handoff)))

    @property
    def asks_first(self) -> bool:
        """Whether it is asked first whether the step is taken: once, whatever it is done for."""
        return self.spec.when is not None and self.condition_open and self.step.item is None

    @property
    def undecidable(self) -> bool:
        """Whether something is lost that a policy would be asked with: a rule may be true of a mark, not of a value."""
        return self.lost if self.asks_first or choice_of(self.step.id) is not None else self.lost_inputs

    @property
    def lost_inputs(self) -> bool:
        """Whether an input is lost, so that no policy can be asked any more: inputs are in every question."""
        return is_marked(self.input_labels)

    @property
    def lost(self) -> bool:
        """Whether anything is lost of all that the step may see."""
        if self.lost_inputs or (self.item is not None and is_marked(self.item.labels)):
            return True
        return any(is_marked(row.labels or {}) for row in self.outputs.values())

    @property
    def condition_open(self) -> bool:
        """Whether nobody has said yet that the step is taken, or nothing was decided on the strength of it."""
        if self.step.state is StepState.PENDING:
            return True
        return self.step.reason in (STOPPED, CIRCUIT_OPEN) and self.step.attempt == 0 and not self.requests

    @property
    def subject(self) -> Subject:
        """What stops are held against."""
        system = self.spec.action.partition(".")[0]
        return Subject(self.run.tenant, self.run.id, self.run.process, self.spec.agent, system)

    @property
    def next_attempt(self) -> int:
        """The number the next attempt has."""
        return self.step.attempt + 1

    def has_acted(self, step_id: str) -> bool:
        """Say whether a step of the plan was taken, whatever became of it."""
        row = self.steps.get(step_id)
        return row is not None and row.state not in (StepState.PENDING, StepState.SKIPPED)

    def values(self) -> Iterator[Json]:
        """Return all that the arguments can be made of."""
        yield from (self.spec.args, self.inputs, *self.edits.values())
        yield from (row.output for row in self.outputs.values())
        if self.item is not None:
            yield self.item.value

    def facts(self) -> StepFacts:
        """Return the step as a question shows it."""
        return StepFacts(
            id=self.spec.id,
            attempt=self.next_attempt,
            depends_on=self.depends_on,
            item=self.step.item,
            compensates=self.step.undo,
        )

    def matter(self, process: Process) -> Matter:
        """Return the run as a question shows it."""
        return Matter(
            tenant=self.run.tenant,
            run=self.run.id,
            plan_digest=self.run.plan_digest,
            principal=self.run.principal,
            process=process,
            inputs=self.inputs,
            confided=self.confided,
            steps=summaries(self.steps),
        )


def summaries(rows: Mapping[str, StepRow]) -> tuple[StepSummary, ...]:
    """Return the steps of a run as a question shows them: those of the plan, as they stand."""
    return tuple(
        StepSummary(id=row.id, action=row.action, state=str(row.state), verdict=row.verdict)
        for row in rows.values()
        if not row.derived and choice_of(row.id) is None
    )


def depends_on(row: StepRow, spec: Step, graph: Graph) -> tuple[str, ...]:
    """Return what a row comes after: what undoes a step, also after that one."""
    before = graph.depends_on(spec.id)
    return tuple(sorted({*before, spec.id})) if row.undo else before


@dataclass(frozen=True, slots=True)
class Appointed:
    """What the bundle in force says of a step, and of memory."""

    process: Process
    agent: Agent
    operation: Operation
    tool_server: str
    breaker: Breaker | None = None
    memory: Memory = field(default_factory=Memory)

    @property
    def never(self) -> frozenset[str]:
        """The labels of what is not retained."""
        return self.memory.never

    @property
    def repeatable(self) -> bool:
        """Whether it may be done again without knowing what became of it: only what merely looks (ADR 0007)."""
        return self.operation.effect == "read"


@dataclass(frozen=True, slots=True)
class Seen:
    """A run and its rows as they were read in one transaction a moment ago, without decisions."""

    run: RunRow
    rows: Mapping[str, StepRow]


async def read_situation(
    tx: AsyncConnection,
    run_id: str,
    step_id: str,
    plans: Plans,
    *,
    unretained: Unretained,
    seen: Seen | None = None,
) -> Situation:
    """Read what one attempt has to know, but for what was ``seen``: then nobody was asked about the step before."""
    if seen is None:
        run = await read_run(tx, run_id, plans)
        rows: Mapping[str, StepRow] = await read_steps(tx, run_id, derived=False, also=(step_id,), decided=(step_id,))
    else:
        run, rows = seen.run, seen.rows
    spec = next(iter(_choice(run, step_id)), None) or spec_of(run.plan.steps, step_id)
    step = rows[step_id]
    before = depends_on(step, spec, graph_of(run, plans))
    fresh = step.state is StepState.PENDING and step.attempt == 0
    asked = {} if fresh else await latest_requests(tx, run_id, step_id)
    approval = asked.get(ApprovalKind.ACTION)
    stored = await _outputs(tx, step, spec, before)
    outputs = {name: unretained.output(row) for name, row in stored.items()}
    element = await read_item(tx, run_id, undone_id(step_id)) if step.item is not None else None
    item = unretained.element(run_id, undone_id(step_id), element) if element is not None else None
    inputs = unretained.get(run_id, INPUTS)
    return Situation(
        run=run,
        step=step,
        spec=spec,
        steps=rows,
        depends_on=before,
        inputs=run.plan.inputs if inputs is None else inputs.value,
        input_labels=run.plan.labels if inputs is None else inputs.labels,
        outputs=outputs,
        decision=step.decision,
        # A step that was never asked about has neither.
        intent=None if fresh else await intent.read(tx, run_id, step_id),
        approval=approval,
        edits=await read_edits(tx, run_id, step_id) if approval is not None else {},
        item=item,
        spoilt=step.item is not None and not step.undo and await is_spoilt(tx, run_id, spec),
        work_item=await open_item(tx, run_id, step_id) if step.state is StepState.AWAITING_CHOICE else None,
        digests=unretained.digests,
        confided=inputs is not None or item is not element or any(outputs[name] is not stored[name] for name in stored),
        handoff=asked.get(ApprovalKind.HANDOFF),
    )


def _choice(run: RunRow, row_id: str) -> tuple[Step, ...]:
    name = choice_of(row_id)
    return as_steps({name: run.plan.choices[name]}) if name is not None else ()


async def _outputs(tx: AsyncConnection, step: StepRow, spec: Step, depends_on: tuple[str, ...]) -> dict[str, StepRow]:
    sees_all = spec.when is not None or spec.for_each is not None or choice_of(step.id) is not None
    if not step.undo and (step.item is not None or not sees_all):
        # Only conditions see all that a step comes after; the list was read when its items were made.
        depends_on = tuple({one.source.step for one in references(spec.args) if one.source.step is not None})
    if not step.undo:
        return await read_outputs(tx, step.run_id, depends_on) if depends_on else {}
    # What undoes may be bound to all that led to what it undoes; of a step of many items, to the item that it undoes.
    undone = undone_id(step.id)
    bound = {reference.source.step for reference in references(spec.args) if reference.source.step is not None}
    found = await read_outputs(tx, step.run_id, {undone, *bound, *depends_on})
    own = found.pop(undone, None)
    return {**found, spec.id: own} if own is not None else found


def appoint(catalogue: Catalogue, situation: Situation) -> Appointed:
    """Return what the bundle in force says of a step.

    Raises:
        UncataloguedError: it does not know the process, the agent or the operation (any more).

    """
    process = catalogue.processes.get(situation.run.process)
    if process is None:
        raise UncataloguedError("UNKNOWN_PROCESS", "the bundle in force does not know the process")
    agent = catalogue.agents.get(situation.spec.agent)
    if agent is None:
        raise UncataloguedError("UNKNOWN_AGENT", "the bundle in force does not know the agent")
    operation = catalogue.operation(situation.spec.action)
    if operation is None:
        raise UncataloguedError("UNKNOWN_OPERATION", "the bundle in force does not know the operation")
    if situation.spec.action not in agent.may:
        raise UncataloguedError("AGENT_MAY_NOT", "the bundle in force does not give the operation to the agent")
    system = catalogue.systems[situation.spec.action.partition(".")[0]]
    return Appointed(process, agent, operation, system.tool_server, system.breaker, catalogue.memory)
