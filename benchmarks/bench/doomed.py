"""A server without gRPC, as a program: it is in the middle of runs on a database that others use until it is killed."""

import asyncio
import os
import sys

from assent_orchestrator.app.served import settle
from assent_orchestrator.governance.permit import Permit
from assent_orchestrator.plan.model import Plan
from assent_orchestrator.tools.outcome import Success
from assent_sidecar.facts import Action
from bench.apart import serve_until_left
from bench.stage import CALLER, Instant, stage

_STEPS = 8


class Endless(Instant):
    """Tools that answer the first call of a run, and no other one."""

    async def invoke(self, permit: Permit, action: Action, *, tool_server: str, timeout: float) -> Success:  # noqa: ASYNC109 - as in Tools
        """Answer if it is the first step."""
        if permit.step != "s0":
            await asyncio.Event().wait()
        return await super().invoke(permit, action, tool_server=tool_server, timeout=timeout)


async def main() -> None:
    """Begin the runs, say so, and wait to be killed."""
    database, executor, count = sys.argv[1:4]
    async with stage(_STEPS, tools=Endless, database=database, executor=executor) as app:
        settle()
        plan = Plan(process=f"chain-{_STEPS}")
        runs = [(await app.submissions.submit(CALLER, plan)).run.id for _ in range(int(count))]
        for run in runs:
            async for entry in app.runs.watch(CALLER, run, 0):
                if entry and (entry.record["event"], entry.record.get("step")) == ("action.intended", "s1"):
                    break
        await serve_until_left({"pid": os.getpid(), "runs": runs})


if __name__ == "__main__":
    os.environ.setdefault("OTEL_SDK_DISABLED", "true")
    asyncio.run(main())
