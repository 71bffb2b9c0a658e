"""What is large keeps nobody else waiting: it is looked at in a thread, and only so far."""

import asyncio
import threading
from collections.abc import Callable
from typing import Any

import pytest

from assent.tool.v1 import tools_pb2
from assent_orchestrator.execution import arguments, reconciliation, result
from assent_orchestrator.execution.bulk import MANY_VALUES, is_large
from assent_orchestrator.execution.reconciliation import Settlement
from assent_orchestrator.plan import schema
from assent_orchestrator.plan.action import make_action
from assent_orchestrator.tools import server
from assent_orchestrator.tools.answer import read_found
from assent_orchestrator.tools.outcome import Success
from assent_sidecar.model import Json
from tests.orchestrator.execution.conftest import MakeWorld
from tests.orchestrator.execution.test_edits import STEPS as HELD_STEPS
from tests.orchestrator.execution.test_edits import edit, held_until_edited
from tests.orchestrator.execution.test_reconciliation import lost, settle
from tests.orchestrator.execution.world import for_actions

_STEPS: list[dict[str, Any]] = [
    {"id": "a", "action": "box.put"},
    {"id": "b", "action": "box.put", "args": {"all": {"$ref": "steps.a.output.many"}}},
]


def _beside(real: Callable[..., Any], served: list[bool]) -> Callable[..., Any]:
    """Do what ``real`` does, and find out first whether everybody else is served meanwhile."""
    loop = asyncio.get_running_loop()

    def watched(*args: Any, **kwargs: Any) -> Any:
        turn = threading.Event()
        loop.call_soon_threadsafe(turn.set)
        served.append(turn.wait(3))
        return real(*args, **kwargs)

    return watched


@pytest.mark.requirement("orchestrator.bad-tool-servers")
async def test_while_a_large_result_is_checked_and_bound_everybody_else_is_served(
    make_world: MakeWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = await make_world(_STEPS, tool=lambda _: Success({"many": [True] * 2 * MANY_VALUES}))
    results: list[bool] = []
    bound: list[bool] = []
    monkeypatch.setattr(result, "validate", _beside(schema.validate, results))
    run = await world.submit()
    await world.until(run, "action.succeeded", step="a")
    monkeypatch.setattr(arguments, "validate", _beside(schema.validate, bound))
    assert (await world.end_of(run)).run.state == "succeeded"
    assert results == [True, True]
    assert all(bound)


@pytest.mark.requirement("orchestrator.people-settle-the-unknown")
async def test_while_a_large_result_that_a_person_gives_is_checked_everybody_else_is_served(
    make_world: MakeWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    world, run = await lost(make_world)
    served: list[bool] = []
    monkeypatch.setattr(reconciliation, "validate", _beside(schema.validate, served))
    await settle(world, run, Settlement.DONE, result={"said": [True] * 2 * MANY_VALUES}, has_result=True)
    assert (await world.end_of(run)).run.state == "succeeded"
    assert served == [True]


@pytest.mark.requirement("orchestrator.approval-edits")
async def test_while_what_an_approver_changes_large_arguments_to_is_checked_everybody_else_is_served(
    make_world: MakeWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    steps = [{**HELD_STEPS[0], "args": {"amount": 1, "to": [True] * 2 * MANY_VALUES}}]
    world = await make_world(steps, ruler=for_actions(held_until_edited))
    run = await world.submit()
    await world.until(run, "approval.requested")
    served: list[bool] = []
    monkeypatch.setattr(arguments, "validate", _beside(schema.validate, served))
    await edit(world, run, {"/amount": 60})
    assert served[:2] == [True, True]
    assert (await world.end_of(run)).run.state == "succeeded"


@pytest.mark.requirement("orchestrator.bad-tool-servers")
async def test_while_a_large_answer_is_read_everybody_else_is_served(monkeypatch: pytest.MonkeyPatch) -> None:
    served: list[bool] = []
    answer = tools_pb2.LookupResponse(state=tools_pb2.LOOKUP_STATE_DONE)
    answer.result.string_value = "x" * 100_000
    servers = server.ToolServers({})

    async def send(*_: Any, **__: Any) -> bytes:
        return answer.SerializeToString()

    monkeypatch.setattr(servers._connections, "send", send)
    monkeypatch.setattr(server, "read_found", _beside(read_found, served))
    found = await servers.lookup("key", make_action("box.put", "write", {}, {}), tool_server="box", timeout=1)
    assert (found.status, served) == ("done", [True])


@pytest.mark.requirement("orchestrator.bad-tool-servers")
async def test_a_result_with_more_in_it_than_is_checked_is_never_passed_on(
    make_world: MakeWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(schema, "MAX_CHECKS", 1)
    world = await make_world([{"id": "a", "action": "box.get"}], tool=lambda _: Success({"n": 1}))
    view = await world.end_of(await world.submit())
    (step,) = view.steps
    assert (view.run.state, step.reason, step.output) == ("failed", "RESULT_SCHEMA", None)
    assert "too large to be checked" in str(step.message)


@pytest.mark.parametrize(
    ("values", "large"),
    [
        ([1] * MANY_VALUES, False),
        ([1] * (MANY_VALUES + 1), True),
        ([[1] * MANY_VALUES], True),
        ([{"a": [{"b": [0] * (MANY_VALUES - 4)}]}], False),
        ([{"a": [{"b": [0] * (MANY_VALUES - 3)}]}], True),
        (["x" * 1_000_000], False),
    ],
)
def test_what_is_large_is_what_has_many_values_however_they_are_nested(values: list[Json], *, large: bool) -> None:
    assert is_large(*values) is large
