"""Where in a run a service was called: what its further actions are asked about."""

from dataclasses import dataclass

from assent_orchestrator.errors import NotRetainedError
from assent_orchestrator.execution.arguments import LOST
from assent_orchestrator.execution.journal import graph_of, read_run, read_steps
from assent_orchestrator.execution.parts import Parts
from assent_orchestrator.execution.situation import depends_on, summaries
from assent_orchestrator.execution.unretained import INPUTS
from assent_orchestrator.governance.enquiry import process_facts
from assent_orchestrator.governance.mandate import Origin
from assent_orchestrator.plan.derived import spec_of
from assent_orchestrator.plan.unretained import is_marked
from assent_sidecar.facts import RunFacts, StepFacts


@dataclass(frozen=True, slots=True)
class Origins:
    """Looks at runs for services that were called in them."""

    parts: Parts

    async def find(self, tenant: str, run_id: str, row_id: str) -> Origin | None:
        """Return where in a run a permit was given; None: the bundle in force does not know its process any more.

        Raises:
            NotFoundError: there is no such run.
            NotRetainedError: an input of the run is lost here, and with it what policies would be asked with.
        """
        parts = self.parts
        async with parts.reader.connect() as tx:
            run = await read_run(tx, run_id, parts.plans)
            rows = await read_steps(tx, run_id, derived=False, also=(row_id,))
        process = parts.catalogue(tenant).processes.get(run.process)
        if process is None:
            return None
        kept = parts.unretained.get(run_id, INPUTS)
        if kept is None and is_marked(run.plan.labels):
            raise NotRetainedError(f"the policies cannot be asked: {LOST}", run=run_id)
        row, spec = rows[row_id], spec_of(run.plan.steps, row_id)
        step = StepFacts(
            id=spec.id,
            attempt=row.attempt,
            depends_on=depends_on(row, spec, graph_of(run, parts.plans)),
            item=row.item,
            compensates=row.undo,
        )
        return Origin(
            process=process_facts(process),
            run=RunFacts(id=run.id, plan_digest=run.plan_digest, steps=summaries(rows)),
            step=step,
            row=row_id,
            principal=run.principal,
            agent=spec.agent,
            inputs=run.plan.inputs if kept is None else kept.value,
            confided=kept is not None,
        )
