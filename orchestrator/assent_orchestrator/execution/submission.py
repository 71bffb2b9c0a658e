"""Taking a plan: checked whole, stored once, started."""

import asyncio
import contextlib
import uuid
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from assent_orchestrator.audit.record import Actor, Draft, StateNote
from assent_orchestrator.audit.traceparent import current_traceparent, trace_note
from assent_orchestrator.caller import Caller, Role
from assent_orchestrator.errors import AlreadyExistsError, CrowdedError, TooManyRunsError
from assent_orchestrator.execution import bulk
from assent_orchestrator.execution.acceptance import accept
from assent_orchestrator.execution.deadline import deadline_of
from assent_orchestrator.execution.durable import Durable
from assent_orchestrator.execution.journal import RunRow, insert_run
from assent_orchestrator.execution.parts import Parts
from assent_orchestrator.execution.runs import RunView, view
from assent_orchestrator.execution.turnstile import Turnstile
from assent_orchestrator.execution.unretained import INPUTS
from assent_orchestrator.governance.mandate import UnderPermitNeededError
from assent_orchestrator.plan.model import Plan
from assent_orchestrator.plan.state import RunState
from assent_orchestrator.store.tables import AT_WORK, runs
from assent_sidecar.canonical import digest
from assent_sidecar.facts import Principal

MOST_RUNS = 2000
"""Runs of one tenant that are at work at once, unless the settings say otherwise."""


LONGEST_WAIT = 20.0
"""Seconds until a plan that does not get its turn is refused: before the call is over that handed it in."""


@dataclass(frozen=True, slots=True)
class Submissions:
    """Takes plans. One tenant has at most ``most_runs`` at work; those that wait for somebody are not counted.

    ``most_runs_of`` is for the tenants that have another limit.

    Few plans are taken at once and the others wait in line, so that a crowd leaves the runs their connections.
    """

    parts: Parts
    durable: Durable
    most_runs: int = MOST_RUNS
    most_runs_of: Mapping[str, int] = field(default_factory=dict)
    turnstile: Turnstile = field(default_factory=lambda: Turnstile(12))
    longest_wait: float = LONGEST_WAIT

    async def submit(self, caller: Caller, plan: Plan) -> RunView:
        """Store the plan as a run and start it; the same request id gives the same run again.

        Raises:
            ForbiddenError: the caller may not submit plans, or not for that person.
            InvalidError: the plan has faults; every one is named, nothing is stored.
            AlreadyExistsError: the request id was used for another plan.
            TooManyRunsError: the tenant has too many runs at work; nothing is stored.
            CrowdedError: it did not get its turn among all those that are handed in; nothing is stored.
            UnavailableError: it could not be recorded; nothing is stored.
            MemoryKeyWrongError: an input is never retained, and this server has not got the key of the plan's digest.

        """
        caller.require(Role.SUBMITTER)
        if caller.agent and self.parts.catalogue(caller.tenant).is_service(caller.agent):
            raise UnderPermitNeededError("this agent is called in runs, and begins none", agent=caller.agent)
        principal = caller.principal(plan.on_behalf_of)
        async with self._turn(caller.tenant):
            return await self._submit(caller, principal, plan)

    @contextlib.asynccontextmanager
    async def _turn(self, tenant: str) -> AsyncIterator[None]:
        async with contextlib.AsyncExitStack() as stack:
            try:
                async with asyncio.timeout(self.longest_wait):
                    await stack.enter_async_context(self.turnstile.turn(tenant))
            except TimeoutError:
                raise CrowdedError("too many plans are handed in at once; hand it in again in a while") from None
            yield

    async def _submit(self, caller: Caller, principal: Principal, plan: Plan) -> RunView:
        # Like all work that grows with the plan: the largest would hold the loop for tenths of a second.
        asked = await bulk.of_plan(plan, _digest_of, plan)
        earlier = await self._earlier(caller, plan, asked)
        if earlier is not None:
            return earlier
        catalogue = self.parts.catalogue(caller.tenant)
        accepted = await asyncio.to_thread(accept, plan, catalogue)
        process = catalogue.processes[accepted.process]
        now, run_id = self.parts.clock(), uuid.uuid4().hex
        never, unretained = catalogue.memory.never, self.parts.unretained
        # All that is stored and told of the plan from here on, its digest too, is of what may be.
        inputs, labels = unretained.store(run_id, INPUTS, accepted.inputs, accepted.labels, never)
        private = inputs is not accepted.inputs
        if private:
            accepted = accepted.model_copy(update={"inputs": inputs, "labels": labels})
        run = RunRow(
            tenant=caller.tenant,
            id=run_id,
            request_id=plan.request_id or None,
            request_digest=unretained.digests.written(asked, confided=private),
            process=accepted.process,
            process_version=accepted.process_version,
            revision=self.parts.revision(caller.tenant),
            plan=accepted,
            plan_digest=await bulk.of_plan(accepted, accepted.digest),
            principal=principal,
            submitter=caller.id,
            state=RunState.PLANNED,
            reason=None,
            cancel_requested=None,
            traceparent=current_traceparent(),
            created_at=now,
            updated_at=now,
            finished_at=None,
            deadline_at=deadline_of(process, now),
            on_deadline=process.on_deadline if process.deadline is not None else None,
            driver=self.parts.driver,
        )
        ours = False
        try:
            async with self.parts.trail.recording() as tx:
                await self._make_sure_of_room(tx, caller.tenant)
                stored = await insert_run(tx, run)
                if stored:
                    await self.parts.trail.append(tx, run.tenant, (_created(run, caller),))
            ours = stored
        finally:
            if not ours:
                unretained.forget(run_id)
        if not ours:
            # Somebody was quicker with the same request id: theirs is the run.
            earlier = await self._earlier(caller, plan, asked)
            if earlier is None:
                raise AlreadyExistsError("the request id was used for something else", request_id=plan.request_id)
            return earlier
        await self.durable.start(run.id, run.tenant)
        async with self.parts.reader.connect() as tx:
            return await view(tx, caller, run.id, self.parts.plans)

    async def _make_sure_of_room(self, tx: AsyncConnection, tenant: str) -> None:
        """Count what is at work. Those who submit at the very same time may each find room for one."""
        most = self.most_runs_of.get(tenant, self.most_runs)
        at_work = sa.select(runs.c.id).where(runs.c.tenant == tenant, runs.c.state.in_(AT_WORK)).limit(most)
        found = (await tx.execute(sa.select(sa.func.count()).select_from(at_work.subquery()))).scalar_one()
        if found >= most:
            raise TooManyRunsError(
                f"the tenant has {most} runs at work, as many as it may; submit again when some are over",
                most_runs=str(most),
            )

    async def _earlier(self, caller: Caller, plan: Plan, asked: str) -> RunView | None:
        """Return the run that the request id made earlier, or None; ``asked`` is the digest of what is submitted."""
        if not plan.request_id:
            return None
        async with self.parts.reader.connect() as tx:
            row = (
                await tx.execute(
                    sa.select(runs.c.id, runs.c.request_digest).where(
                        runs.c.tenant == caller.tenant,
                        runs.c.submitter == caller.id,
                        runs.c.request_id == plan.request_id,
                    )
                )
            ).one_or_none()
            if row is None:
                return None
            if not self.parts.unretained.digests.same(row.request_digest, asked):
                raise AlreadyExistsError("the request id was used for another plan", request_id=plan.request_id)
            found = await view(tx, caller, row.id, self.parts.plans)
        await self.durable.start(row.id, caller.tenant)
        return found


def _digest_of(plan: Plan) -> str:
    return digest(plan.to_json())


def _created(run: RunRow, caller: Caller) -> Draft:
    return Draft(
        event="run.created",
        run=run.id,
        actor=Actor(kind="service", id=caller.id, authn=run.principal.authn),
        on_behalf_of=run.principal.id,
        state=StateNote(after=str(run.state)),
        detail={
            "process": run.process,
            "process_version": run.process_version,
            "plan_digest": run.plan_digest,
            "revision": run.revision,
            "steps": len(run.plan.steps),
        },
        trace=trace_note(),
    )
