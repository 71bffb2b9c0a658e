"""Places and turns: what is counted here is who comes in when, never how long anything takes."""

import asyncio
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assent_orchestrator.execution.turnstile import Turnstile


async def settle() -> None:
    """Let every task come as far as it can without anybody's help."""
    for _ in range(20):
        await asyncio.sleep(0)


class Crowd:
    """Pieces of work that hold their place until they are told to leave; ``inside`` and ``came`` say who came in."""

    def __init__(self, turnstile: Turnstile) -> None:
        self.turnstile = turnstile
        self.inside: list[str] = []
        self.came: list[str] = []
        self._let_go: dict[str, asyncio.Event] = {}
        self.tasks: dict[str, asyncio.Task[None]] = {}

    def come(self, name: str) -> None:
        """``name`` begins with its tenant and a dash."""
        self._let_go[name] = asyncio.Event()
        self.tasks[name] = asyncio.create_task(self._work(name))

    async def _work(self, name: str) -> None:
        async with self.turnstile.turn(name.partition("-")[0]):
            self.inside.append(name)
            self.came.append(name)
            try:
                await self._let_go[name].wait()
            finally:
                self.inside.remove(name)

    async def leave(self, name: str) -> None:
        self._let_go[name].set()
        await self.tasks[name]
        await settle()


@pytest.mark.requirement("orchestrator.fair-between-tenants")
async def test_the_tenant_that_floods_lets_another_in_at_the_very_next_turn() -> None:
    crowd = Crowd(Turnstile(places=4, most=4))
    for number in range(1000):
        crowd.come(f"flood-{number}")
    await settle()
    crowd.come("small-0")
    crowd.come("small-1")
    await settle()
    assert crowd.inside == [f"flood-{number}" for number in range(4)]
    for number in range(4):
        await crowd.leave(f"flood-{number}")
    # Two tenants wait, and take turns.
    assert crowd.came[4:8] == ["flood-4", "small-0", "flood-5", "small-1"]
    for task in crowd.tasks.values():
        task.cancel()
    await asyncio.gather(*crowd.tasks.values(), return_exceptions=True)


@pytest.mark.requirement("orchestrator.fair-between-tenants")
async def test_a_tenant_all_of_whose_work_hangs_leaves_places_for_others() -> None:
    crowd = Crowd(Turnstile(places=4))
    for number in range(10):
        crowd.come(f"hangs-{number}")
    await settle()
    assert len(crowd.inside) == 3
    crowd.come("other-0")
    await settle()
    assert "other-0" in crowd.inside
    for task in crowd.tasks.values():
        task.cancel()
    await asyncio.gather(*crowd.tasks.values(), return_exceptions=True)


@pytest.mark.requirement("orchestrator.bounded-work")
async def test_who_waits_for_somebody_outside_holds_no_place_and_comes_back_before_others() -> None:
    turnstile, order, answered = Turnstile(places=1), [], asyncio.Event()

    async def calls_a_tool() -> None:
        async with turnstile.turn("a"):
            async with turnstile.aside():
                await answered.wait()
            order.append("came back")

    async def works(name: str, meanwhile: Callable[[], None] = lambda: None) -> None:
        async with turnstile.turn("a"):
            order.append(name)
            meanwhile()
            await settle()

    first = asyncio.create_task(calls_a_tool())
    await settle()
    rest = [asyncio.create_task(works("second", answered.set)), asyncio.create_task(works("third"))]
    async with asyncio.timeout(60):
        await asyncio.gather(first, *rest)
    assert order == ["second", "came back", "third"]


async def test_who_holds_no_place_steps_aside_from_nothing() -> None:
    turnstile = Turnstile(places=1)
    async with turnstile.aside(), turnstile.turn("a"):
        pass
    async with asyncio.timeout(60), turnstile.turn("a"):
        pass


@given(st.lists(st.sampled_from(["come a", "come b", "leave", "cut off", "cut off waiting"]), max_size=60))
@pytest.mark.requirement("orchestrator.bounded-work")
async def test_whatever_happens_no_place_is_lost_and_none_too_many(events: list[str]) -> None:
    crowd = Crowd(Turnstile(places=3, most=2))
    number = 0
    for event in events:
        waiting = [name for name, task in crowd.tasks.items() if name not in crowd.came and not task.done()]
        if event.startswith("come"):
            crowd.come(f"{event[-1]}-{number}")
            number += 1
        elif event == "leave" and crowd.inside:
            await crowd.leave(crowd.inside[0])
        elif event == "cut off" and crowd.inside:
            crowd.tasks[crowd.inside[-1]].cancel()
        elif event == "cut off waiting" and waiting:
            crowd.tasks[waiting[0]].cancel()
        await settle()
        alive = [name for name, task in crowd.tasks.items() if not task.done()]
        of = {tenant: sum(name[0] == tenant for name in alive) for tenant in "ab"}
        wanted = min(3, min(of["a"], 2) + min(of["b"], 2))
        assert len(crowd.inside) == wanted, (crowd.inside, alive)
        assert all(sum(name[0] == tenant for name in crowd.inside) <= 2 for tenant in "ab")
    for task in crowd.tasks.values():
        task.cancel()
    await asyncio.gather(*crowd.tasks.values(), return_exceptions=True)


@pytest.mark.parametrize(("places", "most"), [(0, 1), (1, 0)])
def test_a_turnstile_without_a_place_is_refused(places: int, most: int) -> None:
    with pytest.raises(ValueError, match="at least one place"):
        Turnstile(places, most)


async def test_who_steps_aside_from_one_turnstile_keeps_what_they_hold_at_another() -> None:
    outer, inner = Turnstile(places=1), Turnstile(places=1)
    async with outer.turn("small"), inner.aside():
        waiting = asyncio.create_task(_come_and_go(outer))
        await settle()
        assert not waiting.done()
    await waiting


async def _come_and_go(turnstile: Turnstile) -> None:
    async with turnstile.turn("small"):
        pass
