"""A leg of a run: as far as it goes without waiting for anybody outside, in one checkpoint of the durable engine.

The engine's checkpoints cost more than ours, and ours are the truth: each attempt reads first what was done, so that a
leg which a crash cut off is simply walked again. Steps that may go side by side do, as tasks; nothing of the engine is
called here, whose order of calls must never depend on who is quicker.
"""

import asyncio
import logging
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from assent_orchestrator.audit.listen import Listener, Wakeups
from assent_orchestrator.execution.driven import SAFETY_NET_SECONDS, FencedError, Leg, Move, Pause, Work
from assent_orchestrator.execution.insistence import REST_SECONDS, StuckError
from assent_orchestrator.execution.knock import topic_of
from assent_orchestrator.execution.turnstile import Turnstile

BEGINNING = ""
"""The name under which the looks at the plan as a whole are counted; no step has it."""

_AWAKE_SECONDS = 1.0
"""A pause as short as this is slept through: it is not worth a checkpoint."""


_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Legs:
    """Walks legs. Every piece of work is a turn at the turnstile; who sleeps holds no place."""

    work: Work
    turnstile: Turnstile
    listener: Listener
    _under_way: dict[str, "_Walk"] = field(default_factory=dict)

    async def walk(self, run_id: str, tenant: str, looks: Mapping[str, int]) -> Leg:
        """Take a run as far as it goes; ``looks`` counts the looks at each waiting step since it last moved."""
        try:
            return await self._walk(run_id, tenant, dict(looks))
        except FencedError:
            # It is the engine's to say whose the run is: it lets this leg go for nothing, or has us take it up again.
            _log.warning("the run %s is driven by another server; this one says nothing more about it", run_id)
            return Leg(over=False, seconds=_AWAKE_SECONDS, looks=dict(looks))
        except StuckError:
            await self.work.rest(run_id)
            return Leg(over=False, seconds=REST_SECONDS, looks=dict(looks))

    async def _walk(self, run_id: str, tenant: str, looks: dict[str, int]) -> Leg:
        async with self.turnstile.turn(tenant):
            await self.work.take(run_id)
        while True:
            tries = looks.pop(BEGINNING, 0) + 1
            async with self.turnstile.turn(tenant):
                pause = await self.work.begin(run_id, tries)
            if pause["settled"]:
                break
            looks[BEGINNING] = tries
            if pause["seconds"] > _AWAKE_SECONDS:
                return Leg(over=False, seconds=pause["seconds"], looks=looks)
            await asyncio.sleep(pause["seconds"])
        self.work.forget(run_id)
        walk = _Walk(self.work, self.turnstile, run_id, tenant, looks)
        self._under_way[run_id] = walk
        try:
            async with self.listener.subscribe(topic_of(run_id)) as knocks:
                return await walk.walk(knocks)
        finally:
            if self._under_way.get(run_id) is walk:
                del self._under_way[run_id]
            await walk.let_go()
            self.work.forget(run_id)

    def ring(self, run_id: str, step_ids: Iterable[str]) -> bool:
        """Say that something happened to a run, and to these of its steps; return whether a leg is under way here."""
        walk = self._under_way.get(run_id)
        if walk is not None:
            walk.ring(step_ids)
        return walk is not None


class _Walk:
    """One leg under way. A step is running (a task has it), asleep (until it is due), or not known here yet."""

    def __init__(self, work: Work, turnstile: Turnstile, run_id: str, tenant: str, looks: dict[str, int]) -> None:
        self._work = work
        self._turnstile = turnstile
        self._run = run_id
        self._tenant = tenant
        self._looks = looks
        self._running: dict[asyncio.Task[Pause], str] = {}
        self._due: dict[str, float] = {}
        self._again = 0.0  # when the run as a whole is to be looked at, though nothing happened
        self._rung = asyncio.Event()
        self._heard: set[str] = set()

    def ring(self, step_ids: Iterable[str]) -> None:
        self._work.forget(self._run)
        self._heard.update(step_ids)
        self._rung.set()

    async def walk(self, knocks: Wakeups) -> Leg:
        """Go on until nothing is left but to wait; ``knocks`` come from servers that know of no steps to look at."""
        knocked = asyncio.create_task(self._open(knocks), name=f"{self._run} knocks")
        try:
            return await self._walk()
        finally:
            knocked.cancel()

    async def _open(self, knocks: Wakeups) -> None:
        while True:
            if await knocks.wait(SAFETY_NET_SECONDS):
                self.ring((*self._due, *self._running.values()))

    async def _walk(self) -> Leg:
        moved = True
        while True:
            if moved:
                move = await self._advance()
                self._again = time.monotonic() + min(move["seconds"], SAFETY_NET_SECONDS)
                if move["over"]:
                    leg = await self._end()
                    if leg is not None:
                        return leg
                    continue
                for step in (*move["open"], *move["ready"]):
                    self._start(step)
                for step in move["wake"]:
                    if step in self._due:
                        self._start(step)
            rest = self._rest()
            if not self._running and rest > _AWAKE_SECONDS:
                return Leg(over=False, seconds=rest, looks={step: self._looks.get(step, 0) for step in self._due})
            moved = await self._something(rest)

    async def _advance(self) -> Move:
        try:
            async with self._turnstile.turn(self._tenant):
                return await self._work.advance(self._run, [*self._running.values(), *self._due])
        except StuckError:
            # What is under way comes to its own end first: a call that is cut off would have to be found out about.
            if self._running:
                await asyncio.wait(self._running)
            raise

    async def _end(self) -> Leg | None:
        """Undo what has to be undone, one after another, and close the run. Nothing else of it is under way.

        None: it is not over after all.
        """
        while True:
            async with self._turnstile.turn(self._tenant):
                undo = await self._work.end(self._run)
            if undo is None:
                return None
            if not undo:
                return Leg(over=True, seconds=0.0, looks={})
            while not (pause := await self._attempt(undo))["settled"]:
                looks = {undo: self._looks.get(undo, 0) + 1}
                if pause["seconds"] > _AWAKE_SECONDS:
                    return Leg(over=False, seconds=pause["seconds"], looks=looks)
                self._looks = looks
                await asyncio.sleep(pause["seconds"])

    async def let_go(self) -> None:
        """Let go of what is under way, as when the server stops."""
        for task in self._running:
            task.cancel()
        await asyncio.gather(*self._running, return_exceptions=True)

    def _rest(self) -> float:
        return max(min((self._again, *self._due.values())) - time.monotonic(), 0.0)

    def _start(self, step: str) -> None:
        self._due.pop(step, None)
        task = asyncio.create_task(self._attempt(step), name=f"{self._run}/{step}")
        self._running[task] = step

    async def _attempt(self, step: str) -> Pause:
        async with self._turnstile.turn(self._tenant):
            return await self._work.attempt(self._run, step, self._looks.get(step, 0) + 1)

    async def _something(self, rest: float) -> bool:
        """Wait until something happened; say whether it may be something that other steps hang on."""
        rung = asyncio.ensure_future(self._rung.wait())
        try:
            done, _ = await asyncio.wait({*self._running, rung}, timeout=rest, return_when=asyncio.FIRST_COMPLETED)
        finally:
            rung.cancel()
        moved = False
        for task in [task for task in self._running if task in done]:
            moved |= self._finished(task)
        if self._rung.is_set():
            self._rung.clear()
            for step in self._heard & self._due.keys():
                self._due[step] = 0.0
            # Whoever looks at this moment may have looked too early, and looks once more.
            self._heard &= set(self._running.values())
            moved = True
        now = time.monotonic()
        for step in [step for step, due in self._due.items() if due <= now]:
            self._start(step)
        return moved or now >= self._again

    def _finished(self, task: asyncio.Task[Pause]) -> bool:
        step, pause = self._running.pop(task), task.result()
        if "wake" in pause:
            self.ring(pause["wake"])
        if pause["settled"]:
            self._looks.pop(step, None)
            self._heard.discard(step)
            return True
        self._looks[step] = self._looks.get(step, 0) + 1
        self._due[step] = 0.0 if step in self._heard else time.monotonic() + pause["seconds"]
        self._heard.discard(step)
        return False
