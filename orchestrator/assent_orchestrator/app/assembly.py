"""One server, put together: database, decision point, trail, gate, execution, approvals, gRPC."""

import asyncio
import contextlib
import importlib.metadata
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from datetime import timedelta

import sqlalchemy as sa

from assent_orchestrator.amendments.adoption import Adoptions, adopting
from assent_orchestrator.amendments.box import Amendments
from assent_orchestrator.amendments.effect import Effects
from assent_orchestrator.amendments.proposals import Proposals
from assent_orchestrator.app.policies import following_policies, open_policies
from assent_orchestrator.app.shadowing import Surroundings, open_shadowing
from assent_orchestrator.approvals.delegations import Delegations
from assent_orchestrator.approvals.following import Following
from assent_orchestrator.approvals.inbox import Inbox
from assent_orchestrator.approvals.notices.deliverer import delivering
from assent_orchestrator.approvals.notices.file import read_notices
from assent_orchestrator.approvals.notices.outbox import Outbox
from assent_orchestrator.approvals.passing import Passing, time_passing
from assent_orchestrator.approvals.reports import ApprovalReports
from assent_orchestrator.audit.listen import Listener
from assent_orchestrator.audit.records import Records
from assent_orchestrator.audit.trail import Trail
from assent_orchestrator.clock import Clock, utc_now
from assent_orchestrator.config import Settings
from assent_orchestrator.decisions.desk import Desk
from assent_orchestrator.decisions.mandates import Mandates
from assent_orchestrator.decisions.permits import Permits
from assent_orchestrator.decisions.sweep import sweeping
from assent_orchestrator.execution.attempt import Attempts
from assent_orchestrator.execution.cancellation import Cancellations
from assent_orchestrator.execution.compensation import Compensations
from assent_orchestrator.execution.driver import new_driver
from assent_orchestrator.execution.durable import Durable, DurableSettings
from assent_orchestrator.execution.editing import Editing
from assent_orchestrator.execution.frozen import Frozen
from assent_orchestrator.execution.knock import Knocks
from assent_orchestrator.execution.leg import Legs
from assent_orchestrator.execution.memory_steps import MemorySteps
from assent_orchestrator.execution.origins import Origins
from assent_orchestrator.execution.outcome import Outcomes
from assent_orchestrator.execution.parts import Parts
from assent_orchestrator.execution.pausing import Pauses
from assent_orchestrator.execution.reconciliation import Reconciliations
from assent_orchestrator.execution.resumption import Resumptions, resuming
from assent_orchestrator.execution.retention import Retention, pruning
from assent_orchestrator.execution.runs import Runs
from assent_orchestrator.execution.sequel import Sequels
from assent_orchestrator.execution.simulation import Simulations
from assent_orchestrator.execution.submission import Submissions
from assent_orchestrator.execution.takeover import TakeOvers
from assent_orchestrator.execution.work import RunWork
from assent_orchestrator.execution.work_items import WorkItems
from assent_orchestrator.governance.activations import Activations
from assent_orchestrator.governance.agents import Agents
from assent_orchestrator.governance.barrier import Barrier
from assent_orchestrator.governance.books import Books
from assent_orchestrator.governance.gate import Gate
from assent_orchestrator.governance.ledgers import Ledgers
from assent_orchestrator.governance.permit import PermitIssuer
from assent_orchestrator.governance.processes import Processes
from assent_orchestrator.governance.signing_key import open_signing_key
from assent_orchestrator.governance.stops import Stops
from assent_orchestrator.governance.veil import Veil
from assent_orchestrator.memory.expiry import Expiry, expiring
from assent_orchestrator.memory.keeper import Keeper
from assent_orchestrator.memory.master_key import open_vault
from assent_orchestrator.memory.memories import Memories
from assent_orchestrator.server.health import ComponentView, HealthView
from assent_orchestrator.shadows.shadows import Shadows
from assent_orchestrator.store.migrate import migrate
from assent_orchestrator.store.postgres import Database, open_database
from assent_orchestrator.store.seat import Seat, take_seat
from assent_orchestrator.tools.server import ToolServers
from assent_sidecar.bundle.feed import Feed
from assent_sidecar.opa.binary import find_binary
from assent_sidecar.sidecar import Sidecar

_NO_SEAT = "the executor name {} was lost with its connection; until it is had again, runs may be carried on by others"


@dataclass(frozen=True, slots=True)
class App:
    """Everything that answers callers."""

    settings: Settings
    version: str
    database: Database
    seat: Seat
    sidecar: Sidecar
    feed: Feed
    issuer: PermitIssuer
    submissions: Submissions
    simulations: Simulations
    runs: Runs
    cancellations: Cancellations
    pauses: Pauses
    reconciliations: Reconciliations
    inbox: Inbox
    following: Following
    reports: ApprovalReports
    work_items: WorkItems
    delegations: Delegations
    passing: Passing
    stops: Stops
    activations: Activations
    records: Records
    desk: Desk
    permits: Permits
    books: Books
    processes: Processes
    agents: Agents
    proposals: Proposals
    amendments: Amendments
    effects: Effects
    keeper: Keeper
    shadows: Shadows

    async def reload(self) -> str:
        """Take in what the workspace, file or URL of the policies has now; return the revision in force.

        Raises:
            WorkspaceError: it has faults, each with file and line; the bundle in force stays.
            SidecarError: it is not believed, older, or not taken by the engine; the bundle in force stays.
        """
        return await self.feed.refresh()

    async def health(self) -> HealthView:
        """Say how every part is; ready only when all of them are."""
        engine = await self.sidecar.health()
        database = await _database_view(self.database)
        policies = ComponentView("policies", not self.feed.status.problem, self.feed.status.problem)
        seat = ComponentView("seat", self.seat.held, "" if self.seat.held else _NO_SEAT.format(self.settings.executor))
        components = (ComponentView("engine", engine.ready, engine.detail), database, seat, policies)
        return HealthView(
            # With a problem of the newest policies, those before decide.
            ready=engine.ready and database.ready and seat.ready,
            components=components,
            engine_version=engine.engine_version or "",
            engine_origin=engine.engine_origin,
            revision=engine.revision or "",
            server_version=self.version,
        )


@contextlib.asynccontextmanager
async def open_app(settings: Settings, environ: Mapping[str, str], clock: Clock = utc_now) -> AsyncIterator[App]:
    """Start everything that is behind the gRPC server; what an earlier process left unfinished goes on.

    Raises:
        WorkspaceError: the workspace has faults; each is named with file and line.
        EngineMissingError, EngineVersionError: there is no OPA that may be used.
        SidecarError: the OPA does not start, or does not take the bundle.
        NoticesFileError: the file that says who is told about approvals cannot be used.
        SigningKeyError: the file of the permit key cannot be used.
        MemoryKeyError: the file of the memory key cannot be used.
        DatabaseUnavailableError: the database cannot be had.
        ExecutorError: another live server on the database has the same executor name.
    """
    await asyncio.to_thread(settings.data.mkdir, parents=True, exist_ok=True, mode=0o700)
    notices = await asyncio.to_thread(read_notices, settings.notices) if settings.notices is not None else None
    async with contextlib.AsyncExitStack() as stack:
        binary = await asyncio.to_thread(find_binary, environ)
        # First, because it is quick to fail: nobody waits for a database to hear that a workspace has faults.
        policies = await stack.enter_async_context(open_policies(settings, environ, binary))
        sidecar, feed = policies.sidecar, policies.feed
        database = await stack.enter_async_context(open_database(settings.database_url, settings.data / "postgres"))
        await migrate(database)
        seat = await stack.enter_async_context(take_seat(database.sync_url, settings.executor))
        listener = await stack.enter_async_context(Listener(database.sync_url))
        tools = ToolServers(settings.tool_servers, clock=clock)
        stack.push_async_callback(tools.close)
        trail = Trail(database.engine, clock, Outbox(notices, clock).put if notices is not None else None)
        activations = Activations(database.engine, trail, clock, feed, policies.gate, settings.executor)
        await activations.begin(sidecar.activate, settings.rollback)  # from here on, something may be decided
        await stack.enter_async_context(activations.following(listener))
        await stack.enter_async_context(following_policies(settings, feed))
        issuer = PermitIssuer(await asyncio.to_thread(open_signing_key, settings.data / "permit-key.pem"))
        memory_key = settings.memory_key or settings.data / "memory-key"
        memories = Memories(await asyncio.to_thread(open_vault, memory_key, make=settings.memory_key is None))
        around = Surroundings(environ, database, trail, listener, clock)
        shadowing = await stack.enter_async_context(
            open_shadowing(settings, around, Veil(sidecar.evaluator, policies.bundle))
        )
        gate = Gate(
            shadowing.decision_point,
            trail,
            issuer,
            clock,
            Barrier(database.engine),
            Ledgers(database.engine, policies.catalogue),
            settings.decision_budget,
            settings.longest_decision,
            lambda tenant: policies.catalogue(tenant).memory,
        )
        parts = Parts(
            engine=database.engine,
            trail=trail,
            gate=gate,
            tools=tools,
            clock=clock,
            catalogue=policies.catalogue,
            revision=policies.revision,
            driver=new_driver(settings.executor),
            memory=MemorySteps(trail, memories, clock, policies.catalogue),
        )
        work = RunWork(parts, Attempts(parts, Outcomes(parts), Sequels(clock, parts.plans)), Compensations(parts))
        legs = Legs(work, parts.turnstile, listener)
        knock = Knocks(database.engine).knock
        durable = Durable(DurableSettings(database.sync_url, settings.executor), work, legs, knock)
        await durable.open()
        stack.push_async_callback(durable.close)
        submissions = Submissions(parts, durable, settings.runs_per_tenant)
        resume = await stack.enter_async_context(resuming(listener, Resumptions(parts, durable)))
        await seat.known(await durable.executors())
        keep = settings.keep_finished
        retention = Retention(trail, durable, clock, timedelta(seconds=keep)) if keep is not None else None
        await stack.enter_async_context(pruning(retention))
        take_overs = TakeOvers(database.engine, durable, clock, resume)
        await stack.enter_async_context(seat.watching(take_overs.take_over))

        permits = Permits(database.engine, trail, clock)
        passing = Passing(trail, clock)
        adoptions = adopting(Adoptions(trail, clock), listener, lambda: sidecar.bundle)
        expiry = expiring(Expiry(database.engine, trail, clock))
        for beside in (sweeping(permits), time_passing(passing), adoptions, expiry):
            await stack.enter_async_context(beside)
        if notices is not None:
            await stack.enter_async_context(delivering(notices, trail, clock, listener))

        async def wake(run: str, step: str) -> None:
            await durable.wake(run, (step,))

        inbox = Inbox(database.engine, trail, clock, policies.owner_of, wake, Editing(parts).revise)
        yield App(
            settings=settings,
            version=await asyncio.to_thread(importlib.metadata.version, "assent"),
            database=database,
            seat=seat,
            sidecar=sidecar,
            feed=feed,
            issuer=issuer,
            submissions=submissions,
            simulations=Simulations(parts),
            runs=Runs(database.engine, trail, listener, parts.plans),
            cancellations=Cancellations(parts, durable),
            pauses=Pauses(parts, durable),
            following=Following(database.engine, listener, clock),
            reports=ApprovalReports(database.engine, clock),
            reconciliations=Reconciliations(parts, durable),
            inbox=inbox,
            work_items=WorkItems(parts, inbox, Reconciliations(parts, durable), durable),
            delegations=Delegations(database.engine, trail, clock, policies.has_process),
            passing=passing,
            stops=Stops(database.engine, trail, clock, policies.declares, Frozen(database.engine, durable).wake),
            activations=activations,
            records=Records(database.engine, trail),
            desk=Desk(
                database.engine,
                gate,
                clock,
                policies.catalogue,
                Mandates(database.engine, issuer, clock, Origins(parts)),
            ),
            permits=permits,
            books=Books(database.engine, policies.catalogue),
            processes=Processes(policies.bundle),
            agents=Agents(policies.bundle),
            proposals=Proposals(gate, clock, policies.bundle),
            amendments=Amendments(database.engine, trail, clock),
            effects=Effects(database.engine, gate, clock, policies.catalogue),
            keeper=Keeper(database.engine, trail, gate, clock, memories, policies.catalogue),
            shadows=shadowing.shadows,
        )


async def _database_view(database: Database) -> ComponentView:
    try:
        async with database.engine.connect() as connection:
            await connection.execute(sa.text("SELECT 1"))
    except (sa.exc.SQLAlchemyError, OSError):
        return ComponentView("database", ready=False, detail="PostgreSQL does not answer; nothing is decided")
    return ComponentView("database", ready=True)
