"""Who follows approvals hears of each change, once committed, if they may see it, and resumes where they were."""

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Callable

import pytest

from assent_orchestrator.approvals.approval import ApprovalKind
from assent_orchestrator.approvals.following import Change, Following
from assent_orchestrator.approvals.sought import ANY, Sought
from assent_orchestrator.caller import Caller
from assent_orchestrator.clock import utc_now
from tests.orchestrator.execution.conftest import MakeWorld
from tests.orchestrator.execution.held import held_until_approved
from tests.orchestrator.execution.world import World, for_actions

SECONDS = 60


@pytest.fixture
def following(database, listener) -> Following:
    return Following(database.engine, listener, utc_now)


async def held(make_world: MakeWorld) -> World:
    return await make_world([{"id": "only", "action": "box.send"}], ruler=for_actions(held_until_approved))


async def until(changes: AsyncGenerator[Change, None], enough: Callable[[Change], bool]) -> list[Change]:
    found: list[Change] = []
    async with asyncio.timeout(SECONDS):
        async for change in changes:
            found.append(change)
            if enough(change):
                return found
    raise AssertionError("it ended")


def told(changes: list[Change]) -> list[str]:
    return [change.event for change in changes if change.event]


async def beats(following: Following, who: Caller, sought: Sought = ANY) -> list[Change]:
    """What there is for somebody who begins now."""
    async with contextlib.aclosing(following.watch(who, sought, 0)) as changes:
        return await until(changes, lambda one: one.approval is None)


@pytest.mark.requirement("orchestrator.approvals-watched")
async def test_what_is_open_comes_first_then_what_happens_and_a_position_is_gone_on_from(make_world, following):
    world = await held(make_world)
    first = await world.submit()
    await world.until(first, "approval.requested")
    dana = world.person("dana", "director")
    async with contextlib.aclosing(following.watch(dana, ANY, 0)) as changes:
        there, beat = await until(changes, lambda one: one.approval is None)
        assert (there.seq, there.event) == (0, "")
        assert there.approval
        assert (there.approval.run_id, str(there.approval.state)) == (first, "pending")
        second = await world.submit()
        asked = await until(changes, lambda one: one.event == "approval.requested")
        assert asked[-1].approval
        assert asked[-1].approval.run_id == second
        await world.reply(second, dana)
        rest = await until(changes, lambda one: one.event == "approval.consumed")
        assert told(rest) == ["approval.answered", "approval.approved", "approval.consumed"]
    # Somebody whose connection broke somewhere gets exactly what they have not got, in the same order.
    everything = [*asked, *rest]
    numbers = [one.seq for one in everything]
    assert numbers == sorted(set(numbers))
    assert numbers[0] > beat.seq
    for position in (beat.seq, *numbers[:-1]):
        async with contextlib.aclosing(following.watch(dana, ANY, position)) as again:
            resumed = await until(again, lambda one: one.seq == numbers[-1])
        assert [(one.seq, one.event) for one in resumed] == [
            (one.seq, one.event) for one in everything if one.seq > position
        ]
    await world.reply(first, dana, approve=False)


@pytest.mark.requirement("orchestrator.approvals-watched")
async def test_nobody_hears_of_what_they_may_not_see_or_did_not_seek(make_world, following):
    world = await held(make_world)
    run = await world.submit()
    await world.until(run, "approval.requested")
    stranger, dana = world.person("carl", "clerk"), world.person("dana", "director")
    elsewhere = Caller("dana", f"{world.tenant}-other", frozenset({"director"}))
    for who in (stranger, elsewhere):
        assert [one.approval for one in await beats(following, who)] == [None]
    for sought, count in (
        (Sought(run=run), 1),
        (Sought(run="another"), 0),
        (Sought(role="director"), 1),
        (Sought(role="clerk"), 0),
        (Sought(kind=ApprovalKind.REVIEW), 0),
        (Sought(over=3600.0), 0),
        (Sought(under=3600.0), 1),
        (Sought(over=1e300), 0),
    ):
        assert len(await beats(following, dana, sought)) == count + 1, sought
        assert len((await world.inbox.list(dana, sought)).items) == count, sought
    async with contextlib.aclosing(following.watch(stranger, ANY, 1)) as changes:
        waiting = asyncio.create_task(anext(changes))
        await world.reply(run, dana)
        await world.end_of(run)
        assert not waiting.done()
        waiting.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await waiting
    # The position goes on over what somebody may not see: they do not look at it again and again.
    head = (await beats(following, stranger))[-1].seq
    changes, position, full = await following._next(stranger, ANY, 1)
    assert (list(changes), full) == ([], False)
    assert 1 < position <= head
