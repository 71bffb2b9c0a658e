"""What it costs that work passes between agents: a run with hand-overs beside the same run of one agent.

And what it costs to ask a person about a hand-over: until the question is put for all that are known to take over the
same, and from the yes to the end of the run, beside the same plan about which nobody is asked.

``handovers.py COUNT TAKERS ...``: runs COUNT times, and one question to each of these numbers of takers.
"""

import asyncio
import json
import os
import sys
import time
import uuid

from assent_orchestrator.app.assembly import App
from assent_orchestrator.app.served import settle
from assent_orchestrator.approvals.reply import Reply
from assent_orchestrator.approvals.sought import Sought
from assent_orchestrator.caller import Caller, Role
from assent_orchestrator.plan.model import Plan
from bench.measure import interleaved, table
from bench.stage import CALLER, Instant, stage

STEPS = 8
TAKERS = (1, 10, 100, 999)
"""A plan has at most 1,000 steps, and one of them hands over."""

_BOSS = Caller("boss", CALLER.tenant, frozenset({Role.OPERATOR, "boss"}))


async def submitted(app: App, process: str) -> str:
    """Submit a plan."""
    return (await app.submissions.submit(CALLER, Plan(process=process, request_id=uuid.uuid4().hex))).run.id


async def ended(app: App, run_id: str) -> None:
    """Wait for the end of a run."""
    async for _ in app.runs.watch(CALLER, run_id, 0):
        pass
    run = (await app.runs.get(CALLER, run_id)).run
    assert run.state == "succeeded", (run.state, run.reason)


async def passed(app: App, count: int) -> None:
    """The same run of one agent and of two that hand over to each other at each step."""

    async def alone() -> None:
        await ended(app, await submitted(app, f"chain-{STEPS}"))

    async def between() -> None:
        await ended(app, await submitted(app, f"passed-{STEPS}"))

    series = await interleaved(
        count, max(count // 10, 2), run_of_8_steps_no_hand_overs=alone, run_of_8_steps_7_hand_overs=between
    )
    print(f"a run of {STEPS} steps, {count} times each\n{table(series)}")


async def asked(app: App, takers: int) -> None:
    """A question to a person about a hand-over to so many takers, beside the same plan that passes as it is."""
    began = time.perf_counter()
    await ended(app, await submitted(app, f"let-{takers}"))
    let = time.perf_counter() - began
    began = time.perf_counter()
    run_id = await submitted(app, f"asked-{takers}")
    async for entry in app.runs.watch(CALLER, run_id, 0):
        if entry and entry.record["event"] == "run.waiting":
            break
    put = time.perf_counter() - began
    [approval] = (await app.inbox.list(_BOSS, Sought(run=run_id))).items
    shown = await app.inbox.get(_BOSS, approval.id)
    assert len(shown.takers) == takers
    began = time.perf_counter()
    await app.inbox.decide(_BOSS, shown.id, Reply(True, "looked", str(shown.version), shown.presented_digest))
    await ended(app, run_id)
    end = time.perf_counter() - began
    size = len(json.dumps(shown.presented))
    whole = put + end
    measured = f"{let:>12.2f}{put:>12.2f}{end:>12.2f}{whole / let:>10.2f}{whole * 1000 / takers:>12.1f}"
    print(f"{takers:>8}{measured}{size:>10}")


async def main() -> None:
    """Measure all of it; the arguments are those that the module names."""
    given = [int(one) for one in sys.argv[1:]]
    count, takers = given[0] if given else 15, given[1:] or TAKERS
    async with stage(STEPS, tools=Instant, takers=takers) as app:
        settle()
        await passed(app, count)
        print("\none question about a hand-over, seconds, beside the same plan that passes unasked")
        print(f"{'takers':>8}{'unasked':>12}{'until put':>12}{'yes to end':>12}", end="")
        print(f"{'ratio':>10}{'ms a taker':>12}{'bytes':>10}")
        for many in takers:
            await asked(app, many)


if __name__ == "__main__":
    os.environ.setdefault("OTEL_SDK_DISABLED", "true")
    asyncio.run(main())
