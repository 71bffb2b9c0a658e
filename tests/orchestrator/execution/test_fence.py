"""A server that was taken for dead and wakes up: whatever it was at, it says nothing more about runs of others."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from itertools import product

import pytest

from assent_orchestrator.audit.verify import verify_trail
from assent_orchestrator.execution.attempt import Attempts
from assent_orchestrator.execution.compensation import Compensations
from assent_orchestrator.execution.driven import FencedError, Leg
from assent_orchestrator.execution.driver import new_driver
from assent_orchestrator.execution.leg import Legs
from assent_orchestrator.execution.outcome import Outcomes
from assent_orchestrator.execution.sequel import Sequels
from assent_orchestrator.execution.turnstile import Turnstile
from assent_orchestrator.execution.work import RunWork
from assent_orchestrator.governance.permit import Permit
from assent_orchestrator.store.postgres import Database
from assent_orchestrator.tools.outcome import Found, Success
from assent_sidecar.decision import Decided
from assent_sidecar.facts import Action
from assent_sidecar.model import Json
from assent_sidecar.question import Question
from tests.orchestrator.execution.conftest import MakeWorld
from tests.orchestrator.execution.world import ScriptedDecisionPoint, World, allow_all, states

STEPS = [
    {"id": "look", "action": "box.get"},
    {"id": "left", "action": "box.send", "after": ["look"]},
    {"id": "right", "action": "box.put", "after": ["look"]},
    {"id": "last", "action": "box.send", "after": ["left", "right"]},
]


async def nothing() -> None:
    pass


@dataclass
class Gates:
    """The places at which a server may be frozen: before and after it asks, calls and looks up."""

    at: int = 0
    then: Callable[[], Awaitable[None]] = nothing
    passed: int = 0

    async def pass_by(self) -> None:
        self.passed += 1
        if self.passed == self.at:
            await self.then()


@dataclass
class Decisions:
    """A decision point behind gates."""

    gates: Gates
    inner: ScriptedDecisionPoint = field(default_factory=lambda: ScriptedDecisionPoint(allow_all))

    async def decide(self, question: Question, *, budget: float) -> Decided:
        await self.gates.pass_by()
        decided = await self.inner.decide(question, budget=budget)
        await self.gates.pass_by()
        return decided


@dataclass
class Company:
    """The tools of one server behind gates; ``done`` is what really happened, whoever asked for it."""

    gates: Gates
    done: dict[str, str]

    async def invoke(self, permit: Permit, action: Action, *, tool_server: str, timeout: float) -> Success:  # noqa: ASYNC109 - as in Tools
        del tool_server, timeout
        await self.gates.pass_by()
        self.done.setdefault(permit.idempotency_key, f"{action.system}.{action.operation}")
        await self.gates.pass_by()
        return Success({"n": 1})

    async def lookup(self, idempotency_key: str, action: Action, *, tool_server: str, timeout: float) -> Found:  # noqa: ASYNC109 - as in Tools
        del action, tool_server, timeout
        await self.gates.pass_by()
        result: Json = {"n": 1}
        return Found("done", result) if idempotency_key in self.done else Found("not_done")


@dataclass
class Server:
    """One server of several on a database, without an engine: it walks when it is told to."""

    world: World
    run: str
    done: dict[str, str]
    gates: Gates = field(default_factory=Gates)

    async def walk(self) -> Leg:
        """Drive the run as far as it goes, or until somebody else drives it."""
        gate = replace(self.world.parts.gate, decision_point=Decisions(self.gates))
        turnstile = Turnstile()
        parts = replace(
            self.world.parts,
            gate=gate,
            tools=Company(self.gates, self.done),
            driver=new_driver("other"),
            turnstile=turnstile,
        )
        work = RunWork(parts, Attempts(parts, Outcomes(parts), Sequels(parts.clock, parts.plans)), Compensations(parts))
        return await Legs(work, turnstile, self.world.runs.listener).walk(self.run, self.world.tenant, {})

    async def finish(self) -> None:
        """Drive the run to its end."""
        while not (await self.walk())["over"]:
            pass


async def stored(world: World, monkeypatch: pytest.MonkeyPatch) -> str:
    """A run that nobody drives yet."""

    async def start(_run: str, _tenant: str) -> None:
        pass

    with monkeypatch.context() as patched:
        patched.setattr(world.durable, "start", start)
        return await world.submit()


async def done_once(world: World, database: Database, run: str, done: dict[str, str]) -> None:
    view = await world.runs.get(world.alice, run)
    assert (view.run.state, set(states(view).values())) == ("succeeded", {"succeeded"})
    assert sorted(done.values()) == ["box.get", "box.put", "box.send", "box.send"]
    events = await world.events(run)
    for step in ("look", "left", "right", "last"):
        assert events.count(f"action.succeeded {step}") == 1
    assert events.count("run.succeeded") == 1
    assert (await verify_trail(database.engine, world.tenant)).fault is None


async def places(world: World, monkeypatch: pytest.MonkeyPatch) -> int:
    """How many places a whole run passes by."""
    server = Server(world, await stored(world, monkeypatch), {})
    await server.finish()
    return server.gates.passed


@dataclass
class Replacement:
    """Another server that takes a run over at some moment, and perhaps waits somewhere on its way."""

    other: Server
    met: asyncio.Event = field(default_factory=asyncio.Event)
    task: asyncio.Task[list[str]] | None = None

    async def begin(self) -> None:
        """Take over, and go on until it is met or through. That goes on even when whoever waits is let go."""
        self.task = asyncio.create_task(self._drive())
        await self.met.wait()

    async def _drive(self) -> list[str]:
        try:
            await self.other.finish()
            return await self.other.world.events(self.other.run)
        finally:
            self.met.set()

    async def through(self) -> list[str]:
        """Return what was written when it was through."""
        assert self.task is not None
        return await self.task


@pytest.mark.requirement("orchestrator.frozen-server-is-fenced")
async def test_wherever_a_server_was_frozen_it_writes_nothing_after_another_has_driven_the_run(
    make_world: MakeWorld, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = await make_world(STEPS)
    for place in range(1, await places(world, monkeypatch) + 1):
        done: dict[str, str] = {}
        run = await stored(world, monkeypatch)
        replacement = Replacement(Server(world, run, done))
        frozen = Server(world, run, done, Gates(place, replacement.begin))
        assert not (await frozen.walk())["over"]
        assert await replacement.through() == await world.events(run)
        await done_once(world, database, run, done)


@pytest.mark.requirement("orchestrator.frozen-server-is-fenced")
async def test_wherever_two_servers_overlap_every_effect_is_recorded_once(
    make_world: MakeWorld, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The one that was frozen wakes up while the other is at work, and that one waits until it is let go on."""
    world = await make_world(STEPS)
    many = await places(world, monkeypatch)
    for place, met in product(range(1, many + 1, 2), range(1, many + 1, 3)):
        done: dict[str, str] = {}
        run = await stored(world, monkeypatch)
        let_go = asyncio.Event()
        replacement = Replacement(Server(world, run, done))

        async def wait(replacement: Replacement = replacement, let_go: asyncio.Event = let_go) -> None:
            replacement.met.set()
            await let_go.wait()

        replacement.other.gates = Gates(met, wait)
        frozen = Server(world, run, done, Gates(place, replacement.begin))
        assert not (await frozen.walk())["over"]
        let_go.set()
        await replacement.through()
        await done_once(world, database, run, done)


async def test_who_does_not_drive_a_run_can_neither_look_nor_write(
    make_world: MakeWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = await make_world(STEPS)
    run = await stored(world, monkeypatch)
    work = RunWork(
        world.parts,
        Attempts(world.parts, Outcomes(world.parts), Sequels(world.parts.clock, world.parts.plans)),
        Compensations(world.parts),
    )
    await work.take(run)
    assert (await world.runs.get(world.alice, run)).run.driver == world.parts.driver
    other = replace(work, parts=replace(world.parts, driver=new_driver(world.tenant)))
    await other.take(run)
    before = await world.events(run)
    for said in (work.begin(run, 1), work.advance(run, []), work.attempt(run, "look", 1), work.end(run)):
        with pytest.raises(FencedError):
            await said
    assert await world.events(run) == before
