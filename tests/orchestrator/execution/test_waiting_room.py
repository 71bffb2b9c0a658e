"""Approvals are waited for by rows and a durable timer: nothing else grows with how many there are."""

import asyncio
import threading
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
import sqlalchemy as sa
from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.sdk.trace import ReadableSpan, Span, SpanProcessor, TracerProvider

from assent_orchestrator.approvals.sought import Sought
from assent_orchestrator.plan.model import Plan
from assent_orchestrator.store.postgres import Database
from tests.orchestrator.execution.conftest import MakeWorld
from tests.orchestrator.execution.held import held_until_approved
from tests.orchestrator.execution.world import World, for_actions

FEW, MANY, POOLED = 30, 300, 10

_CONNECTIONS = """
    SELECT count(*), count(*) FILTER (WHERE xact_start IS NOT NULL)
    FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()
"""


class Open(SpanProcessor):
    """Knows the spans that were begun and not ended."""

    def __init__(self) -> None:
        self.begun = 0
        self.names: dict[int, str] = {}

    def on_start(self, span: Span, parent_context: Context | None = None) -> None:
        del parent_context
        self.begun += 1
        self.names[span.get_span_context().span_id] = span.name

    def on_end(self, span: ReadableSpan) -> None:
        context = span.get_span_context()
        assert context is not None
        del self.names[context.span_id]


@pytest.fixture
def spans(monkeypatch: pytest.MonkeyPatch) -> Iterator[Open]:
    watched, provider = Open(), TracerProvider()
    provider.add_span_processor(watched)
    monkeypatch.setattr(trace, "get_tracer", provider.get_tracer)
    yield watched
    provider.shutdown()


@dataclass(frozen=True)
class Held:
    """What a server holds: threads, tasks, connections to the database, those in use, and transactions in them."""

    threads: int
    tasks: int
    connections: int
    taken: int
    transactions: int


async def held(database: Database) -> Held:
    async with database.engine.connect() as tx:
        connections, transactions = (await tx.execute(sa.text(_CONNECTIONS))).one()
    pool = database.engine.sync_engine.pool
    assert isinstance(pool, sa.QueuePool)
    return Held(threading.active_count(), len(asyncio.all_tasks()), connections, pool.checkedout(), transactions)


async def at_rest(database: Database, spans: Open) -> Held:
    """What is held once no transaction or span is under way; what still runs has its time to end."""
    async with asyncio.timeout(60):
        while (found := await held(database)).transactions or found.taken or spans.names:
            pass
    return found


async def ask(world: World, numbers: range) -> list[str]:
    views = [await world.submissions.submit(world.alice, Plan(process="work", request_id=f"r{n}")) for n in numbers]
    for view in views:
        await world.until(view.run.id, "run.waiting")
    return [view.run.id for view in views]


@pytest.mark.timeout(400)
@pytest.mark.requirement("orchestrator.approvals-reading-room")
async def test_hundreds_of_approvals_hold_no_thread_span_connection_or_transaction(
    make_world: MakeWorld, database: Database, spans: Open
) -> None:
    world = await make_world([{"id": "only", "action": "box.send"}], ruler=for_actions(held_until_approved))
    await ask(world, range(FEW))
    before = await at_rest(database, spans)
    runs = await ask(world, range(FEW, MANY))
    after = await at_rest(database, spans)
    # What works in turns is a fixed number however many wait; pools may still have been filling up with the first.
    assert after.threads <= before.threads + POOLED, (before, after)
    assert after.connections <= before.connections + POOLED, (before, after)
    assert (after.taken, before.taken) == (0, 0)
    assert after.transactions == 0
    assert spans.begun > MANY
    # A run that waits is one timer of the engine.
    assert after.tasks - before.tasks <= MANY - FEW + POOLED, (before, after)
    # The last one that was asked is answered as the first one would be.
    dana = world.person("dana", "director")
    [asked] = (await world.inbox.list(dana, Sought(run=runs[-1]))).items
    await world.reply_to(dana, asked.id)
    assert (await world.end_of(runs[-1])).run.state == "succeeded"
