"""``assent serve`` whose clock a test moves: ``python server.py SETTINGS``, told what to do in lines of JSON.

``{"do": "clock", "ahead": SECONDS, "look": true}`` says by how much the clock is ahead of the machine's, and is
answered when every run that waits has looked at the new time; ``{"do": "reload"}`` builds the workspace again. Each is
answered with a line.
"""

import asyncio
import contextlib
import json
import os
import sys
import time
import traceback
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from unittest.mock import patch

import sqlalchemy as sa

from assent_orchestrator.app.assembly import App, open_app
from assent_orchestrator.app.served import server_parts
from assent_orchestrator.clock import utc_now
from assent_orchestrator.config import Settings
from assent_orchestrator.execution.attempt import Attempts
from assent_orchestrator.execution.driven import Pause
from assent_orchestrator.plan.state import ASLEEP_STEPS, TERMINAL_RUNS
from assent_orchestrator.server.listen import ListenSettings, listening
from assent_orchestrator.server.tokens import TokenDirectory, read_tokens
from assent_orchestrator.store.tables import runs, steps

_LOOK_SECONDS = 60.0
_AGAIN_SECONDS = 0.5
_ASLEEP = [str(state) for state in ASLEEP_STEPS]
_OVER = [str(state) for state in TERMINAL_RUNS]


@dataclass
class Time:
    """The machine's time, and so much more; who looked last, and when they began to."""

    ahead: float = 0.0
    looked: dict[tuple[str, str], float] = field(default_factory=dict)
    looking: asyncio.Condition = field(default_factory=asyncio.Condition)

    def now(self) -> datetime:
        return utc_now() + timedelta(seconds=self.ahead)

    async def note(self, run: str, step: str, began: float) -> None:
        async with self.looking:
            self.looked[run, step] = began
            self.looking.notify_all()

    async def look(self, app: App) -> int:
        """Wait until each step that waits has been looked at from now on, or waits no more, as of a run out of time."""
        moved = time.monotonic()
        waiting = await _waiting(app)
        for run in {run for run, _ in waiting}:
            await app.submissions.durable.wake(run, tuple(step for one, step in waiting if one == run))
        left = waiting
        async with asyncio.timeout(_LOOK_SECONDS):
            while left := {one for one in left & await _waiting(app) if self.looked.get(one, 0.0) < moved}:
                async with self.looking:
                    with contextlib.suppress(TimeoutError):
                        await asyncio.wait_for(self.looking.wait(), _AGAIN_SECONDS)
        return len(waiting)


async def _waiting(app: App) -> set[tuple[str, str]]:
    query = sa.select(steps.c.run_id, steps.c.id).join(runs, runs.c.id == steps.c.run_id)
    async with app.database.engine.connect() as tx:
        rows = await tx.execute(query.where(runs.c.state.not_in(_OVER), steps.c.state.in_(_ASLEEP)))
    return {(row.run_id, row.id) for row in rows}


async def _lines() -> AsyncIterator[dict[str, Any]]:
    reader = asyncio.StreamReader(limit=1 << 20)
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    async for line in reader:
        yield json.loads(line)


def _say(**answer: Any) -> None:
    sys.stdout.write(json.dumps(answer) + "\n")
    sys.stdout.flush()


async def _do(app: App, clock: Time, told: dict[str, Any]) -> Any:
    match told["do"]:
        case "clock":
            clock.ahead = told["ahead"]
            await app.passing.look()
            return await clock.look(app) if told["look"] else 0
        case "reload":
            return await app.reload()
    raise ValueError(told["do"])


async def main(told: dict[str, Any]) -> None:
    """Serve until there is nothing more to be told."""
    clock = Time(told["ahead"])
    attempt = Attempts.attempt

    async def noted(self: Attempts, run_id: str, step_id: str, *more: Any) -> Pause:
        began = time.monotonic()
        pause = await attempt(self, run_id, step_id, *more)
        await clock.note(run_id, step_id, began)
        return pause

    settings = Settings(
        workspace=Path(told["workspace"]),
        data=Path(told["data"]),
        tool_servers=told["tool_servers"],
        executor=told["executor"],
        notices=Path(told["notices"]) if "notices" in told else None,
    )
    directory = TokenDirectory(read_tokens(settings.tokens))
    with patch.object(Attempts, "attempt", noted):
        async with (
            open_app(settings, os.environ, clock.now) as app,
            listening(server_parts(app, directory), ListenSettings(address="127.0.0.1:0", grace=1.0)) as server,
        ):
            _say(address=str(server.address), jwk=app.issuer.jwk, revision=app.sidecar.bundle.revision)
            async for line in _lines():
                try:
                    _say(done=await _do(app, clock, line))
                except Exception:  # noqa: BLE001 - the test is told, whatever it was
                    _say(failed=traceback.format_exc())


if __name__ == "__main__":
    asyncio.run(main(json.loads(sys.argv[1])))
