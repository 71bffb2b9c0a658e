"""Undoing what a run did: what is undone, in which order, and what is said of what could not be."""

from collections.abc import Mapping
from typing import Any

import pytest

from assent_orchestrator.tools.outcome import Failure, Success
from assent_sidecar.question import Action
from tests.orchestrator.execution.conftest import MakeWorld
from tests.orchestrator.execution.world import states

UNDO = {"action": "box.put", "args": {"undo": {"$ref": "steps.first.output.n"}}}
THREE: list[Mapping[str, Any]] = [
    {"id": "first", "action": "box.send", "compensation": UNDO},
    {"id": "second", "action": "box.send", "after": ["first"], "compensation": {"action": "box.put"}},
    {"id": "third", "action": "box.send", "after": ["second"], "on_failure": "compensate", "args": {"fail": True}},
]


def failing(action: Action) -> Success | Failure:
    return Failure("BROKEN", "no", False, "none") if action.args.get("fail") else Success({"n": 7})


@pytest.mark.requirement("orchestrator.compensation-order")
async def test_a_failed_step_undoes_what_was_done_the_last_first(make_world: MakeWorld) -> None:
    world = await make_world(THREE, tool=failing)
    run = await world.submit()
    view = await world.end_of(run)
    assert (view.run.state, view.run.reason, view.run.not_undone) == ("compensated", "BROKEN", ())
    assert states(view) == {
        "first": "compensated",
        "first.undo": "succeeded",
        "second": "compensated",
        "second.undo": "succeeded",
        "third": "failed",
    }
    begun = [event for event in await world.events(run) if event.startswith(("action.intended", "step.comp"))]
    assert begun == [
        "action.intended first",
        "action.intended second",
        "action.intended third",
        "step.compensating second",
        "action.intended second.undo",
        "step.compensated second",
        "step.compensating first",
        "action.intended first.undo",
        "step.compensated first",
    ]
