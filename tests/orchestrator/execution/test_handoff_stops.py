"""A stop of an agent holds up the work that would pass to it, and nobody else."""

import asyncio
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest

from assent_orchestrator.clock import utc_now
from assent_orchestrator.governance.stop import Scope
from assent_sidecar.question import Kind, Question
from tests.orchestrator.execution.conftest import MakeWorld
from tests.orchestrator.execution.handing_over import AGENTS, LOOK_AND_NOTE, SERVICES, handed, recorded
from tests.orchestrator.execution.world import allow_all, states


@pytest.mark.requirement("orchestrator.handoff-stopped")
async def test_work_for_a_stopped_agent_waits_until_it_goes_on(make_world: MakeWorld):
    world = await make_world(LOOK_AND_NOTE, agents=AGENTS)
    stop = await world.stop(Scope.AGENT, "writer")
    run = await world.submit()
    await world.until(run, "handoff.decided", step="note")
    held = await world.runs.get(world.alice, run)
    assert states(held) == {"look": "succeeded", "note": "deferred"}
    assert world.tools.times("box.put") == 0
    assert handed(world) == []
    await world.lift(stop)
    assert states(await world.end_of(run)) == {"look": "succeeded", "note": "succeeded"}
    assert [one["verdict"] for one in await recorded(world, run)] == ["deny", "allow"]


@pytest.mark.requirement("orchestrator.handoff-stopped")
async def test_a_stop_of_who_handed_over_holds_up_nobody_else(make_world: MakeWorld):
    reached = asyncio.Event()

    def ruler(question: Question) -> Mapping[str, Any]:
        if question.kind is Kind.ACTION and question.step is not None and question.step.id == "look":
            reached.set()
        return allow_all(question)

    steps = [*LOOK_AND_NOTE, {"id": "again", "agent": "reader", "action": "box.get", "after": ["note"]}]
    world = await make_world(steps, ruler=ruler, agents=AGENTS)
    run = await world.submit()
    await reached.wait()
    await world.until(run, "action.succeeded", step="look")
    stop = await world.stop(Scope.AGENT, "reader")
    await world.until(run, "action.succeeded", step="note")
    await world.lift(stop)
    assert set(states(await world.end_of(run)).values()) == {"succeeded"}


@pytest.mark.requirement("orchestrator.handoff-stopped")
async def test_a_service_whose_agent_is_stopped_is_not_called_until_it_goes_on(make_world: MakeWorld):
    steps = [{"id": "note", "agent": "reader", "action": "scribe.put"}]
    world = await make_world(steps, agents=AGENTS, services=SERVICES)
    stop = await world.stop(Scope.AGENT, "writer")
    run = await world.submit()
    await world.until(run, "handoff.decided", step="note")
    assert states(await world.runs.get(world.alice, run)) == {"note": "deferred"}
    assert world.tools.times("scribe.put") == 0
    await world.lift(stop)
    assert states(await world.end_of(run)) == {"note": "succeeded"}
    assert [one["verdict"] for one in await recorded(world, run)] == ["deny", "allow"]


@pytest.mark.requirement("orchestrator.handoff-stopped")
async def test_a_service_is_not_called_again_once_its_agent_is_stopped(make_world: MakeWorld):
    go_on = asyncio.Event()

    def ruler(question: Question) -> Mapping[str, Any]:
        if question.kind is Kind.ACTION and question.step is not None and question.step.id == "look":
            later = (utc_now() + timedelta(seconds=0.2)).isoformat()
            waiting = {"verdict": "defer", "reasons": [{"code": "LATER", "message": "later"}], "defer_until": later}
            return allow_all(question) if go_on.is_set() else waiting
        return allow_all(question)

    steps = [
        {"id": "note", "agent": "reader", "action": "scribe.put"},
        {"id": "look", "agent": "reader", "action": "box.get", "after": ["note"]},
        {"id": "more", "agent": "reader", "action": "scribe.put", "after": ["look"]},
    ]
    world = await make_world(steps, ruler=ruler, agents=AGENTS, services=SERVICES)
    run = await world.submit()
    await world.until(run, "action.succeeded", step="note")
    stop = await world.stop(Scope.AGENT, "writer")
    go_on.set()
    await world.until(run, "handoff.decided", step="more")
    assert world.tools.times("scribe.put") == 1
    await world.lift(stop)
    assert set(states(await world.end_of(run)).values()) == {"succeeded"}
    assert [(one["step"], one["verdict"]) for one in await recorded(world, run)] == [
        ("note", "allow"),
        ("more", "deny"),
    ]
