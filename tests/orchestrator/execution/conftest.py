"""Worlds for the tests of runs."""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from typing import Any

import pytest

from assent_orchestrator.audit.listen import Listener
from assent_orchestrator.clock import Clock, utc_now
from assent_orchestrator.store.postgres import Database
from assent_orchestrator.tools.outcome import Success
from assent_sidecar.catalogue.ledger import Ledger
from assent_sidecar.catalogue.memory import Memory
from assent_sidecar.facts import Action
from tests.orchestrator.execution.world import Ruler, Tool, World, allow_all, catalogue, open_world

MakeWorld = Callable[..., Awaitable[World]]


def answer_one(action: Action) -> Success:
    return Success({"n": 1, "said": action.args.get("say", "")})


@pytest.fixture(scope="session")
async def listener(database: Database) -> AsyncIterator[Listener]:
    async with Listener(database.sync_url) as opened:
        yield opened


@pytest.fixture
async def make_world(database: Database, listener: Listener, fresh_tenant: str) -> AsyncIterator[MakeWorld]:
    """Makes a world; it is closed after the test."""
    opened: list[World] = []

    async def make(
        steps: Sequence[Mapping[str, Any]],
        *,
        ruler: Ruler = allow_all,
        tool: Tool = answer_one,
        ledgers: Mapping[str, Ledger] | None = None,
        clock: Clock = utc_now,
        memory: Memory | None = None,
        **process: Any,
    ) -> World:
        declared = catalogue(steps, memory=memory, **process).model_copy(update={"ledgers": ledgers or {}})
        world = await open_world(database, listener, fresh_tenant, declared, ruler, tool, clock=clock)
        opened.append(world)
        return world

    yield make
    for world in opened:
        await world.durable.close()
