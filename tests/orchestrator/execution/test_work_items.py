"""A tool server says late that a call was done, of which a person said that it was not, and chose what follows."""

import asyncio
from typing import Any

import pytest

from assent_orchestrator.approvals.approval import Approval
from assent_orchestrator.approvals.reply import Reply
from assent_orchestrator.caller import Role
from assent_orchestrator.errors import StateError
from assent_orchestrator.execution.reconciliation import Evidence, Settlement
from assent_orchestrator.execution.work_items import Pick
from tests.orchestrator.execution.conftest import MakeWorld
from tests.orchestrator.execution.test_reconciliation import asking
from tests.orchestrator.execution.world import World, reaches, states

STEPS: list[dict[str, Any]] = [
    {
        "id": "only",
        "action": "box.send",
        "on_failure": {"ask": {"role": "manager", "choices": ["retry", "reconcile", "skip"]}},
    },
    {"id": "then", "action": "box.put", "after": ["only"]},
]

pytestmark = pytest.mark.requirement("orchestrator.work-items-done-once", "orchestrator.truth-after-all")


async def item_of(world: World) -> Approval:
    """Return the work item that waits."""
    page = await world.inbox.list(world.person("boss", Role.OPERATOR))
    [item] = [one for one in page.items if one.state == "pending"]
    return item


async def choose(world: World, item: Approval, choice: str, evidence: Evidence | None = None) -> None:
    """Choose by what is shown of an item."""
    reply = Reply(True, "looked at it", str(item.version), item.presented_digest, choice=choice)
    await world.work_items.choose(world.person("anna", "manager"), item.id, Pick(reply, evidence))


async def said_to_have_failed(
    make_world: MakeWorld, monkeypatch: pytest.MonkeyPatch
) -> tuple[World, str, "asyncio.Future[Any]", asyncio.Event]:
    """A run whose step waits for a choice: a person said that it failed, while its tool server is still being asked."""
    monkeypatch.setattr("assent_orchestrator.execution.outcome.LOOKUP_TRIES", 1)
    world, run, looking, answer = await asking(make_world, STEPS)
    await choose(world, await item_of(world), "reconcile", Evidence(Settlement.FAILED, "not there", ""))
    await reaches(world, run, "only", "awaiting_choice")
    return world, run, looking, answer


async def test_while_nobody_chose_the_step_is_done_and_there_is_nothing_to_choose_any_more(
    make_world: MakeWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    world, run, looking, answer = await said_to_have_failed(make_world, monkeypatch)
    item = await item_of(world)
    answer.set()
    await asyncio.wait_for(looking, 60)
    with pytest.raises(StateError):
        await choose(world, item, "retry")
    await world.durable.wake(run, ("only",))  # who asked was the test, and not the run itself
    view = await world.end_of(run)
    assert (view.run.state, states(view)) == ("succeeded", {"only": "succeeded", "then": "succeeded"})
    assert view.steps[0].output == {"n": 7}
    assert world.tools.times("box.send") == 1
    assert (await world.inbox.get(world.person("boss", Role.OPERATOR), item.id)).state == "void"


async def test_after_retry_was_chosen_it_is_not_done_again(
    make_world: MakeWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    world, run, looking, answer = await said_to_have_failed(make_world, monkeypatch)
    operator = world.person("olga", Role.OPERATOR)
    await world.pauses.pause(operator, run, "so that it is not tried at once")
    await choose(world, await item_of(world), "retry")
    answer.set()
    await asyncio.wait_for(looking, 60)
    await world.pauses.resume(operator, run, "now")
    view = await world.end_of(run)
    assert (view.run.state, states(view)) == ("succeeded", {"only": "succeeded", "then": "succeeded"})
    assert (world.tools.times("box.send"), view.steps[0].attempt) == (1, 1)


async def test_when_it_is_tried_again_at_once_it_is_under_the_same_key(
    make_world: MakeWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    world, run, looking, answer = await said_to_have_failed(make_world, monkeypatch)
    await choose(world, await item_of(world), "retry")
    view = await world.end_of(run)
    answer.set()
    await asyncio.wait_for(looking, 60)
    assert (view.run.state, view.steps[0].attempt) == ("succeeded", 2)
    sent = [key for name, key in world.tools.calls if name == "box.send"]
    assert (len(sent), len(set(sent))) == (2, 1), "the tool server does nothing twice under one key"
    assert states(await world.runs.get(world.alice, run)) == {"only": "succeeded", "then": "succeeded"}
    assert (await world.events(run)).count("action.succeeded only") == 1


async def test_after_skip_was_chosen_the_truth_is_written_and_what_followed_stays(
    make_world: MakeWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    world, run, looking, answer = await said_to_have_failed(make_world, monkeypatch)
    await choose(world, await item_of(world), "skip")
    answer.set()
    await asyncio.wait_for(looking, 60)
    view = await world.end_of(run)
    assert (states(view)["only"], view.steps[0].reason) == ("skipped", "DONE_AFTER_ALL")
    assert world.tools.times("box.send") == 1
    record = (await world.until(run, "action.succeeded", step="only")).record
    assert record["detail"] == {"said_before": "SKIPPED_ON_FAILURE"}
