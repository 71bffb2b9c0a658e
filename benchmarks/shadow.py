"""What a shadow costs live decisions: Decide with a candidate asked beside it and without, in turns, in one run.

The candidate is the bundle in force itself. Each turn begins when the candidate has answered everything of the turn
before, so that nothing of a shadow is left over in the turns without one.
"""

import asyncio
import os
import sys
from collections.abc import Awaitable, Callable

import grpc.aio

from assent.v1 import decisions_pb2, permits_pb2, permits_pb2_grpc
from assent_orchestrator.app.assembly import App
from assent_orchestrator.app.served import server_parts
from assent_orchestrator.caller import Caller, Role
from assent_orchestrator.governance.remainder import Remainder
from assent_orchestrator.server.listen import ListenSettings, listening
from assent_orchestrator.server.tokens import TokenDirectory, TokenFile, new_entry
from assent_orchestrator.shadows.beside import Beside
from assent_orchestrator.shadows.journal import LATEST
from bench.measure import Series, at_once, table
from bench.stage import stage

CLIENTS = 16
TURNS = 5

OFFICER = Caller("bench", "local", frozenset({Role.COMPLIANCE_OFFICER}))


def _beside(app: App) -> Beside:
    """Return what overhears the live decision point."""
    outermost = app.realms.home.decision_point
    beside = outermost.behind if isinstance(outermost, Remainder) else outermost
    if not isinstance(beside, Beside):
        raise TypeError("nobody overhears")
    return beside


def _asking(app: App) -> bool:
    comparison = _beside(app).comparison
    return comparison is not None and comparison.asking


async def _in_turns(app: App, clients: int, count: int, call: Callable[[], Awaitable[object]]) -> None:
    beside = _beside(app)
    comparison = beside.comparison
    if comparison is None:
        raise AssertionError("there is no shadow")
    await at_once(clients, clients * count, call)
    await comparison.idle()
    before = await app.shadows.report(OFFICER, LATEST)
    alone: list[float] = []
    shadowed: list[float] = []
    spent = {False: 0.0, True: 0.0}
    for turn in range(2 * TURNS):
        with_shadow = turn % 2 == 1
        beside.comparison = comparison if with_shadow else None
        times, took = await at_once(clients, clients * count, call)
        (shadowed if with_shadow else alone).extend(times)
        spent[with_shadow] += took
        await comparison.idle()
    beside.comparison = comparison
    series = [Series("Decide alone", tuple(alone)), Series("Decide with a shadow", tuple(shadowed))]
    print(f"\n{clients} client{'s'[: clients != 1]}, {len(alone)} times each\n{table(series)}")
    rates = [len(times) / spent[kind] for kind, times in ((False, alone), (True, shadowed))]
    print(f"per second: {rates[0]:.0f} alone, {rates[1]:.0f} with a shadow, {rates[1] / rates[0]:.2f} times")
    after = await app.shadows.report(OFFICER, LATEST)
    compared, omitted = after.same - before.same, sum(after.omitted.values()) - sum(before.omitted.values())
    print(f"of {len(shadowed)} answers {compared} were compared and {omitted} were not")


async def measure(app: App, count: int) -> None:
    """Start the shadow, and measure with one client and with many."""
    entry = new_entry("bench", ("submitter",))
    directory = TokenDirectory(TokenFile(callers=(entry,)))
    async with (
        listening(server_parts(app, directory), ListenSettings(address="127.0.0.1:0")) as server,
        grpc.aio.insecure_channel(str(server.address)) as channel,
    ):
        stub = permits_pb2_grpc.DecisionServiceStub(channel)
        metadata = (("authorization", f"Bearer {entry.token}"),)
        request = permits_pb2.DecideRequest(parent="tenants/local")
        request.action.id, request.action.agent, request.action.action = "a1", "bot", "box.put"
        request.action.args.update({"text": "hello", "n": 1})

        async def decided() -> None:
            answer = await stub.Decide(request, metadata=metadata)
            assert answer.decision.verdict == decisions_pb2.VERDICT_ALLOW

        await app.shadows.start(OFFICER, archive=app.sidecar.bundle.archive)
        while not _asking(app):  # noqa: ASYNC110 - nothing says when it begins
            await asyncio.sleep(0.05)
        for clients in (1, CLIENTS):
            await _in_turns(app, clients, count, decided)


async def main() -> None:
    """Measure ``COUNT`` times, the first argument."""
    async with stage(1) as app:
        await measure(app, int(sys.argv[1]) if len(sys.argv) > 1 else 60)


if __name__ == "__main__":
    os.environ.setdefault("OTEL_SDK_DISABLED", "true")
    asyncio.run(main())
