"""One server, put together: database, decision point, trail, gate, execution, approvals, gRPC."""

import asyncio
import contextlib
import importlib.metadata
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from datetime import timedelta

from assent_orchestrator.amendments.adoption import Adoptions
from assent_orchestrator.amendments.box import Amendments
from assent_orchestrator.amendments.effect import Effects
from assent_orchestrator.amendments.proposals import Proposals
from assent_orchestrator.app.by_tenant import PoliciesByTenant, ShadowsByTenant
from assent_orchestrator.app.condition import Condition
from assent_orchestrator.app.policies import open_policies, place_of
from assent_orchestrator.app.realms import Realms, open_realms
from assent_orchestrator.app.shadowing import Surroundings
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
from assent_orchestrator.config import Settings, runs_of
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
from assent_orchestrator.execution.outdated import Outdated
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
from assent_orchestrator.execution.turnstile import Turnstile
from assent_orchestrator.execution.unretained import Unretained
from assent_orchestrator.execution.work import RunWork
from assent_orchestrator.execution.work_items import WorkItems
from assent_orchestrator.governance.agents import Agents
from assent_orchestrator.governance.barrier import Barrier
from assent_orchestrator.governance.books import Books
from assent_orchestrator.governance.gate import Gate
from assent_orchestrator.governance.in_force import looking
from assent_orchestrator.governance.ledgers import Ledgers
from assent_orchestrator.governance.permit import PermitIssuer
from assent_orchestrator.governance.processes import Processes
from assent_orchestrator.governance.signing_key import open_signing_key
from assent_orchestrator.governance.stops import Stops
from assent_orchestrator.memory.classes import Classes
from assent_orchestrator.memory.digest_key import open_digests
from assent_orchestrator.memory.expiry import Expiry, expiring
from assent_orchestrator.memory.keeper import Keeper
from assent_orchestrator.memory.master_key import open_vault
from assent_orchestrator.memory.memories import Memories
from assent_orchestrator.memory.replacing import settle_master
from assent_orchestrator.server.health import HealthView
from assent_orchestrator.store.migrate import migrate
from assent_orchestrator.store.postgres import Database, open_database
from assent_orchestrator.store.seat import Seat, take_seat
from assent_orchestrator.tools.server import ToolServers
from assent_sidecar.opa.binary import find_binary
from assent_sidecar.sidecar import Sidecar

_VERIFYING = 4
"""How many trails are read from end to end at once, a tenant's half of them at most: each takes a connection."""


@dataclass(frozen=True, slots=True)
class App:
    """Everything that answers callers."""

    settings: Settings
    version: str
    database: Database
    seat: Seat
    realms: Realms
    condition: Condition
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
    policies: PoliciesByTenant
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
    memory_classes: Classes
    shadows: ShadowsByTenant

    @property
    def sidecar(self) -> Sidecar:
        """The decision point of the organisation, or of all."""
        return self.realms.home.sidecar

    async def reload(self) -> str:
        """Take in what the workspace, file or URL of the policies has now; return the revision in force.

        So do the tenants' that have policies of their own; what goes wrong with one of these is logged.

        Raises:
            WorkspaceError: it has faults, each with file and line; the bundle in force stays.
            SidecarError: it is not believed, older, or not taken by the engine; the bundle in force stays.
        """
        try:
            return await self.realms.home.feed.refresh()
        finally:
            await self.realms.renew()

    async def health(self, tenant: str = "") -> HealthView:
        """Say how every part is that a tenant depends on; ready only when all of them are."""
        return await self.condition.health(tenant)


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
        policies = await stack.enter_async_context(open_policies(settings, environ, binary, place_of(settings)))
        database = await stack.enter_async_context(open_database(settings.database_url, settings.data / "postgres"))
        await migrate(database)
        seat = await stack.enter_async_context(take_seat(database.sync_url, settings.executor))
        listener = await stack.enter_async_context(Listener(database.sync_url))
        tools = ToolServers(settings.tool_servers, clock=clock)
        stack.push_async_callback(tools.close)
        trail = Trail(database.engine, clock, Outbox(notices, clock).put if notices is not None else None)
        issuer = PermitIssuer(await asyncio.to_thread(open_signing_key, settings.data / "permit-key.pem"))
        memory_keys = settings.memory_keys or (settings.data / "memory-key",)
        vault = await asyncio.to_thread(open_vault, *memory_keys, make=not settings.memory_keys)
        memories = Memories(await settle_master(trail, vault))
        digests = await open_digests(database.engine, memories)
        around = Surroundings(environ, database, trail, listener, clock, digests)
        # From here on, something may be decided.
        realms = await stack.enter_async_context(open_realms(settings, policies, around, binary))
        gate = Gate(
            realms,
            trail,
            issuer,
            clock,
            Barrier(database.engine),
            Ledgers(database.engine, realms.catalogue),
            lambda tenant: realms.catalogue(tenant).memory,
            digests,
            settings.decision_budget,
            settings.longest_decision,
        )
        parts = Parts(
            engine=database.engine,
            trail=trail,
            gate=gate,
            tools=tools,
            clock=clock,
            catalogue=realms.catalogue,
            revision=realms.revision,
            driver=new_driver(settings.executor),
            unretained=Unretained(digests),
            memory=MemorySteps(trail, memories, clock, realms.catalogue),
        )
        work = RunWork(parts, Attempts(parts, Outcomes(parts), Sequels(clock, parts.plans)), Compensations(parts))
        legs = Legs(work, parts.turnstile, listener)
        knock = Knocks(database.engine).knock
        durable = Durable(DurableSettings(database.sync_url, settings.executor), work, legs, knock)
        await durable.open()
        stack.push_async_callback(_end, durable, parts)
        submissions = Submissions(parts, durable, settings.runs_per_tenant, most_runs_of=runs_of(settings))
        resume = await stack.enter_async_context(resuming(listener, Resumptions(parts, durable)))
        await seat.known(await durable.executors())
        keep = settings.keep_finished
        retention = Retention(trail, durable, clock, timedelta(seconds=keep)) if keep is not None else None
        await stack.enter_async_context(pruning(retention))
        take_overs = TakeOvers(database.engine, durable, clock, resume)
        await stack.enter_async_context(seat.watching(take_overs.take_over))

        permits = Permits(database.engine, trail, clock)
        passing = Passing(trail, clock)
        adoptions = looking("amendments", Adoptions(trail, clock).look, listener, realms.in_force)
        outdated = looking("approvals", Outdated(database.engine, durable).look, listener, realms.in_force)
        expiry = expiring(Expiry(database.engine, trail, clock))
        for beside in (sweeping(permits), time_passing(passing), adoptions, outdated, expiry):
            await stack.enter_async_context(beside)
        if notices is not None:
            await stack.enter_async_context(delivering(notices, trail, clock, listener))

        async def wake(run: str, step: str) -> None:
            await durable.wake(run, (step,))

        reconciliations = Reconciliations(parts, durable)
        inbox = Inbox(database.engine, trail, clock, realms.owner_of, wake, Editing(parts).revise)
        version = await asyncio.to_thread(importlib.metadata.version, "assent")
        yield App(
            settings=settings,
            version=version,
            database=database,
            seat=seat,
            realms=realms,
            condition=Condition(realms, database, seat, memories, settings.executor, version),
            issuer=issuer,
            submissions=submissions,
            simulations=Simulations(parts),
            runs=Runs(database.engine, trail, listener, parts.plans),
            cancellations=Cancellations(parts, durable),
            pauses=Pauses(parts, durable),
            following=Following(database.engine, listener, clock),
            reports=ApprovalReports(database.engine, clock),
            reconciliations=reconciliations,
            inbox=inbox,
            work_items=WorkItems(parts, inbox, reconciliations, durable),
            delegations=Delegations(database.engine, trail, clock, realms.has_process),
            passing=passing,
            stops=Stops(database.engine, trail, clock, realms.declares, Frozen(database.engine, durable).wake),
            policies=PoliciesByTenant(realms),
            records=Records(database.engine, trail, Turnstile(_VERIFYING, _VERIFYING // 2).turn),
            desk=Desk(
                database.engine,
                gate,
                clock,
                realms.catalogue,
                Mandates(database.engine, issuer, clock, Origins(parts)),
            ),
            permits=permits,
            books=Books(database.engine, realms.catalogue),
            processes=Processes(realms.bundle),
            agents=Agents(realms.bundle),
            proposals=Proposals(gate, clock, realms.bundle),
            amendments=Amendments(database.engine, trail, clock),
            effects=Effects(database.engine, gate, clock, realms.catalogue),
            keeper=Keeper(database.engine, trail, gate, clock, memories, realms.catalogue),
            memory_classes=Classes(realms.bundle),
            shadows=ShadowsByTenant(realms),
        )


async def _end(durable: Durable, parts: Parts) -> None:
    parts.put_away.set()  # nothing is wrong when it goes next
    await durable.close()
