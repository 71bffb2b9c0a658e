"""What an approver changed is what is done: by the same operation, once, and as the policies decided it."""

import asyncio
from collections.abc import Mapping
from typing import Any

import pytest

from assent_orchestrator.approvals.edit import EditError
from assent_orchestrator.approvals.reply import Reply
from assent_orchestrator.tools.outcome import Success
from assent_sidecar.facts import Action
from assent_sidecar.question import Question
from tests.orchestrator.execution.conftest import MakeWorld
from tests.orchestrator.execution.world import ALLOW, World, for_actions

HELD: Mapping[str, Any] = {
    "verdict": "require_approval",
    "reasons": [{"code": "BIG"}],
    "approval": {"stages": [{"role": "director"}], "editable": ["/amount"], "expires_in": "72h"},
}
STEPS = [{"id": "only", "action": "box.put", "args": {"amount": 100, "to": "ACME"}}]


def held_until_edited(question: Question) -> Mapping[str, Any]:
    assert question.action is not None
    heard = [one for one in question.approvals if one.digest == question.action.digest and one.edits == ("/amount",)]
    return ALLOW if heard else HELD


async def edit(world: World, run: str, edits: dict[str, Any]) -> None:
    dana = world.person("dana", "director")
    approval = await world.inbox.get(dana, await world.approval_of(run))
    reply = Reply(True, "less", str(approval.version), approval.presented_digest, edits=edits)
    await world.inbox.decide(dana, approval.id, reply)


@pytest.mark.requirement("orchestrator.approval-edits")
async def test_the_tool_is_called_with_what_was_changed(make_world: MakeWorld) -> None:
    done: list[Action] = []

    def tool(action: Action) -> Success:
        done.append(action)
        return Success({})

    world = await make_world(STEPS, ruler=for_actions(held_until_edited), tool=tool)
    run = await world.submit()
    await world.until(run, "approval.requested")
    await edit(world, run, {"/amount": 60})
    view = await world.end_of(run)
    assert view.run.state == "succeeded"
    [action] = done
    assert (action.operation, action.args) == ("put", {"amount": 60, "to": "ACME"})
    assert world.decisions.asked[-1].action == action


@pytest.mark.requirement("orchestrator.approval-names-nothing")
@pytest.mark.parametrize(("part", "pointer"), [("editable", "/amuont"), ("mask", "/to/iban"), ("mask", "/ot")])
async def test_nobody_is_asked_about_places_that_the_operation_does_not_have(
    make_world: MakeWorld, part: str, pointer: str
) -> None:
    asked = {**HELD, "approval": {**HELD["approval"], part: ["/amount", pointer, "/note"]}}
    to = {"type": "object", "properties": {"name": {}}, "additionalProperties": False}
    taken = {"type": "object", "properties": {"amount": {}, "to": to, "note": {}}, "additionalProperties": False}
    steps = [{**STEPS[0], "args": {"amount": 100, "to": {"name": "ACME"}}}]
    world = await make_world(steps, ruler=for_actions(lambda _: asked))
    world.parts.catalogue(world.tenant).systems["box"].operations["put"].arguments.update(taken)
    view = await world.end_of(await world.submit())
    [step] = view.steps
    assert (str(step.state), step.reason) == ("denied", "APPROVAL_NAMES_NOTHING")
    assert step.message == f"the operation takes no argument at: {pointer}"
    assert world.tools.times("box.put") == 0


@pytest.mark.requirement("orchestrator.approval-withdrawn")
async def test_an_edit_that_is_taken_back_in_time_is_gone(make_world: MakeWorld) -> None:
    world = await make_world(STEPS, ruler=for_actions(held_until_edited))
    run = await world.submit()
    await world.until(run, "approval.requested")
    await world.pauses.pause(world.alice, run, reason="wait")
    await edit(world, run, {"/amount": 60})
    dana = world.person("dana", "director")
    approval = await world.inbox.get(dana, await world.approval_of(run))
    withdrawn = await world.inbox.withdraw(dana, approval.id, str(approval.version))
    assert (approval.state, withdrawn.state) == ("edited", "void")


@pytest.mark.requirement("orchestrator.approval-edits-only-editable")
async def test_what_may_not_be_changed_stays_as_it_is(make_world: MakeWorld) -> None:
    world = await make_world(STEPS, ruler=for_actions(held_until_edited))
    run = await world.submit()
    await world.until(run, "approval.requested")
    with pytest.raises(EditError) as refused:
        await edit(world, run, {"/to": "EVIL", "/amount": 1})
    assert [(fault.field, fault.code) for fault in refused.value.faults] == [('edits["/to"]', "NOT_EDITABLE")]
    assert world.tools.calls == []


@pytest.mark.requirement("orchestrator.no-run-is-left-alone")
@pytest.mark.parametrize("taken_back", [False, True])
async def test_a_change_that_was_stored_but_never_said_is_heard_when_the_server_comes_back(
    make_world: MakeWorld, monkeypatch: pytest.MonkeyPatch, *, taken_back: bool
) -> None:
    world = await make_world(STEPS, ruler=for_actions(held_until_edited))
    run = await world.submit()
    await world.until(run, "run.waiting")

    async def dies(*_: object) -> None:
        raise ConnectionError

    with monkeypatch.context() as patch:
        patch.setattr(world.durable, "wake", dies)
        with pytest.raises(ConnectionError):
            await edit(world, run, {"/amount": 60})
        if taken_back:
            dana = world.person("dana", "director")
            edited = await world.inbox.get(dana, await world.approval_of(run))
            with pytest.raises(ConnectionError):
                await world.inbox.withdraw(dana, edited.id, str(edited.version))
    assert await world.resumptions.resume() >= 1  # other tests of the session may have left some, too
    if taken_back:
        asked = 0
        async with asyncio.timeout(60):
            async for entry in world.runs.watch(world.alice, run, 0):
                asked += entry is not None and entry.record["event"] == "approval.requested"
                if asked == 2:
                    break
        await world.cancellations.cancel(world.alice, run, "")
    assert (await world.end_of(run)).run.state == ("cancelled" if taken_back else "succeeded")
