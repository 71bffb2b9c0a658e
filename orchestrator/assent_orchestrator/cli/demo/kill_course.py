"""The course of ``assent demo --kill``: the server is killed with -9 while an e-mail is under way."""

import asyncio
import contextlib
import json
import sqlite3
import time
from dataclasses import dataclass
from pathlib import Path

from grpc import aio

from assent.v1 import runs_pb2
from assent_orchestrator.cli.chaos.effects import read_effects
from assent_orchestrator.cli.demo import performance
from assent_orchestrator.cli.demo.course import Course, failures
from assent_orchestrator.cli.demo.kill_document import kill_document
from assent_orchestrator.cli.demo.kill_ending import KillEnding
from assent_orchestrator.cli.demo.kill_page import KillPage
from assent_orchestrator.cli.demo.letter import read_letters
from assent_orchestrator.cli.demo.performance import Act
from assent_orchestrator.cli.demo.story import FLOWS
from assent_orchestrator.cli.stage.desk import Desk, open_channel
from assent_orchestrator.cli.stage.examples import find_examples
from assent_orchestrator.cli.stage.ground import Ground, open_ground, serving
from assent_orchestrator.cli.stage.people import AUDITOR, OPERATOR, RUNTIME, TENANT
from assent_orchestrator.cli.stage.program import Program
from assent_orchestrator.tools.value import from_struct

STEP = "email"
"""The step that is under way when the server is killed: what it does cannot be taken back."""

_FAULT = "email.send=slow:3s"
_STARTING = "starting PostgreSQL, OPA, the server, the company's systems and its mail server ..."
_SECONDS = 60.0
_LOOK = 0.05


@dataclass(slots=True)
class _Watched:
    """What was heard of the run so far."""

    seq: int = 0
    done: tuple[str, ...] = ()


class KillCourse(Course):
    """One renewal, killed in the middle."""

    async def _run(self) -> None:
        examples, page = find_examples(), KillPage(self._console)
        async with contextlib.AsyncExitStack() as stack:
            with self._waiting(_STARTING):
                ground = await stack.enter_async_context(open_ground("demo", examples, self._environ, (_FAULT,)))
                first = await stack.enter_async_context(serving(ground, "--workspace", str(examples.workspace)))
            with failures(first):
                act, watched = await self._until_the_kill(ground, first, page)
            pid = await first.kill()
            page.killed(pid, STEP, len(await asyncio.to_thread(read_letters, ground.company.mailbox)))
            began = time.monotonic()
            with self._waiting("starting the server again ..."):
                second = await stack.enter_async_context(serving(ground, "--workspace", str(examples.workspace)))
            page.again(time.monotonic() - began)
            with failures(second):
                ending = await self._to_the_end(ground, second, act, watched, page)
            seconds = time.monotonic() - self._began
            page.evidence(ending)
            page.end(ending, seconds)
            if self._as_json:
                json.dump(kill_document(ending, seconds), self._out, indent=2, ensure_ascii=False)
                self._out.write("\n")
            self._out.flush()
            self._good = ending.good

    async def _until_the_kill(self, ground: Ground, server: Program, page: KillPage) -> tuple[Act, _Watched]:
        """Return when the mail gateway has the call."""
        async with open_channel(server.address) as channel, asyncio.timeout(_SECONDS):
            runtime = _desk(channel, ground, RUNTIME)
            health = await _desk(channel, ground, OPERATOR).health()
            [act] = await performance.submit(runtime, (FLOWS,))
            page.begun(health, time.monotonic() - self._began, act)
            watched = _Watched()
            async for event in runtime.watch(act.run.name):
                _hear(event, watched)
                page.event(act, event)
                if (event.event, event.step) == ("action.intended", STEP):
                    break
            permit = await _permit_of(_desk(channel, ground, AUDITOR), act)
            used = ground.folder / "company" / "permits.sqlite3"
            while not await asyncio.to_thread(_was_redeemed, used, permit):  # noqa: ASYNC110 - the company tells nobody
                await asyncio.sleep(_LOOK)
            return act, watched

    async def _to_the_end(
        self, ground: Ground, server: Program, act: Act, before: _Watched, page: KillPage
    ) -> KillEnding:
        async with open_channel(server.address) as channel, asyncio.timeout(_SECONDS):
            runtime = _desk(channel, ground, RUNTIME)
            async for event in runtime.watch(act.run.name, before.seq):
                page.event(act, event)
            act.run = await runtime.run(act.run.name)
            verification = await performance.read_back(_desk(channel, ground, AUDITOR), (act,))
        return KillEnding(
            act=act,
            before=before.seq,
            done_before=before.done,
            effects=await asyncio.to_thread(read_effects, ground.folder / "company"),
            letters=await asyncio.to_thread(read_letters, ground.company.mailbox),
            verification=verification,
        )


def _desk(channel: aio.Channel, ground: Ground, person: str) -> Desk:
    return Desk(channel, TENANT, ground.people.token_of(person))


def _hear(event: runs_pb2.RunEvent, watched: _Watched) -> None:
    watched.seq = event.seq
    if event.event == "action.succeeded":
        watched.done = (*watched.done, event.step)


async def _permit_of(auditor: Desk, act: Act) -> str:
    for found in reversed(await auditor.records(act.run.name)):
        record = from_struct(found.record)
        if (record["event"], record.get("step")) == ("action.intended", STEP):
            return str(record["effect"]["permit"])
    raise AssertionError("the event came before its record")


def _was_redeemed(file: Path, permit: str) -> bool:
    """Say whether the company has taken the permit, which it does when it begins with the call."""
    with contextlib.closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True, timeout=10)) as book:
        return book.execute("SELECT 1 FROM permit WHERE id = ?", (permit,)).fetchone() is not None
