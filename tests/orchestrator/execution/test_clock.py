"""Clocks that jump by a day, back or forward, while a run is under way: nothing is done twice, and nothing is lost."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from assent_orchestrator.audit.listen import Listener
from assent_orchestrator.clock import utc_now
from assent_orchestrator.store.postgres import Database
from assent_orchestrator.tools.outcome import Success
from assent_sidecar.question import Action, Question
from tests.orchestrator.execution.world import ALLOW, catalogue, for_actions, open_world, states

DAY = timedelta(days=1)
TWO: list[dict[str, Any]] = [
    {"id": "first", "action": "box.send"},
    {"id": "then", "action": "box.put", "after": ["first"]},
]


class Jumping:
    """A clock that can be set."""

    def __init__(self) -> None:
        self.ahead = timedelta(0)

    def __call__(self) -> datetime:
        return utc_now() + self.ahead


@pytest.mark.requirement("orchestrator.clock-jumps")
@pytest.mark.parametrize("jump", [DAY, -DAY], ids=["forward", "back"])
@pytest.mark.parametrize("when", ["decided", "called", "between"])
async def test_a_clock_that_jumps_changes_no_effect(  # noqa: PLR0917 - what fixtures give
    database: Database,
    listener: Listener,
    fresh_tenant: str,
    jump: timedelta,
    when: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    clock = Jumping()
    monkeypatch.setattr("tests.orchestrator.execution.world.utc_now", clock)  # what the tool goes by

    def ruler(question: Question) -> Any:
        if when == "decided" and question.step and question.step.id == "first":
            clock.ahead = jump
        return ALLOW

    def tool(action: Action) -> Success:
        if when == "called" or (when == "between" and action.operation == "send"):
            clock.ahead = jump
        return Success({"n": 1, "said": ""})

    world = await open_world(database, listener, fresh_tenant, catalogue(TWO), for_actions(ruler), tool, clock=clock)
    try:
        view = await world.end_of(await world.submit())
        assert states(view) == {"first": "succeeded", "then": "succeeded"}
        assert (view.run.state, len(world.tools.calls)) == ("succeeded", 2)
    finally:
        await world.durable.close()


@pytest.mark.requirement("orchestrator.clock-jumps")
async def test_a_permit_that_a_jump_made_old_is_made_anew(
    database: Database, listener: Listener, fresh_tenant: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = await open_world(
        database, listener, fresh_tenant, catalogue([TWO[0]]), for_actions(lambda _: ALLOW), lambda _: Success({"n": 1})
    )
    jumped = iter([DAY])

    def moment() -> datetime:
        return utc_now() + next(jumped, timedelta(0))

    monkeypatch.setattr("tests.orchestrator.execution.world.utc_now", moment)
    try:
        view = await world.end_of(await world.submit())
        assert (view.run.state, view.steps[0].attempt, len(world.tools.calls)) == ("succeeded", 2, 1)
    finally:
        await world.durable.close()
