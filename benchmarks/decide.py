"""What a decision costs a caller: Decide and DecideBatch over gRPC, each answer with its committed records.

Beside it, in the same run and with the same payload: a bare grpc.aio echo, a raw call of the engine with the same
question, and one commit of one row. Servers and clients share one process, as the echo and its clients do.
"""

import asyncio
import cProfile
import json
import os
import pstats
import sys
import time
from collections.abc import Awaitable, Callable

import aiohttp
import grpc.aio
import sqlalchemy as sa
from bench.echo import echo_server
from bench.measure import Series, interleaved, table
from bench.stage import CALLER, stage

from assent.v1 import decisions_pb2, permits_pb2, permits_pb2_grpc
from assent_orchestrator.app.assembly import App
from assent_orchestrator.app.served import server_parts
from assent_orchestrator.decisions.check import accept
from assent_orchestrator.decisions.request import DecisionRequest, Wish
from assent_orchestrator.server.listen import ListenSettings, listening
from assent_orchestrator.server.tokens import TokenDirectory, TokenFile, new_entry

CLIENTS = 16
BATCH = 50
_ALLOW = decisions_pb2.VERDICT_ALLOW


def _action(number: int) -> permits_pb2.ActionRequest:
    action = permits_pb2.ActionRequest(id=f"a{number}", agent="bot", action="box.put")
    action.args.update({"text": "hello", "n": number})
    return action


async def _at_once(clients: int, count: int, call: Callable[[], Awaitable[object]]) -> tuple[Series, float]:
    """Make ``count`` calls from so many clients at once; return their times and how many came through in a second."""
    times: list[float] = []
    left = iter(range(count))

    async def client() -> None:
        for _ in left:
            start = time.perf_counter()
            await call()
            times.append(time.perf_counter() - start)

    began = time.perf_counter()
    await asyncio.gather(*(client() for _ in range(clients)))
    return Series("", tuple(times)), count / (time.perf_counter() - began)


def _question(app: App) -> bytes:
    request = DecisionRequest(wishes=(Wish(id="a1", agent="bot", action="box.put", args={"text": "hello", "n": 1}),))
    catalogue = app.sidecar.bundle.catalogue
    question = app.desk._question(  # noqa: SLF001 - the very question that Decide asks
        CALLER, request, catalogue, CALLER.principal(""), accept(request, catalogue)
    )
    return json.dumps({"input": question.to_json()}).encode()


async def measure(app: App, count: int) -> None:
    entry = new_entry("bench", ("submitter",))
    directory = TokenDirectory(TokenFile(callers=(entry,)))
    scratch = sa.Table("scratch", sa.MetaData(), sa.Column("n", sa.Integer))
    async with app.database.engine.begin() as tx:
        await tx.run_sync(scratch.create)
    body = _question(app)
    async with (
        echo_server() as echo,
        listening(server_parts(app, directory), ListenSettings(address="127.0.0.1:0")) as server,
        grpc.aio.insecure_channel(echo) as bare,
        grpc.aio.insecure_channel(str(server.address)) as channel,
        aiohttp.ClientSession(connector=aiohttp.UnixConnector(str(app.sidecar.process.socket))) as session,
    ):
        stub = permits_pb2_grpc.DecisionServiceStub(channel)
        metadata = (("authorization", f"Bearer {entry.token}"),)
        one = permits_pb2.DecideRequest(parent="tenants/local", action=_action(1))
        many = permits_pb2.DecideBatchRequest(parent="tenants/local", actions=[_action(n) for n in range(BATCH)])
        payload = one.SerializeToString()
        say = bare.unary_unary("/echo/Echo")

        async def echoed() -> None:
            await say(payload)

        async def raw() -> None:
            async with session.post("http://opa/v1/data/assent/decision", data=body) as response:
                assert (await response.json())["result"]["verdict"] == "allow"

        async def committed() -> None:
            async with app.database.engine.begin() as tx:
                await tx.execute(sa.insert(scratch).values(n=1))

        async def decided() -> None:
            answer = await stub.Decide(one, metadata=metadata)
            assert answer.decision.verdict == _ALLOW

        async def batch() -> None:
            answer = await stub.DecideBatch(many, metadata=metadata)
            assert all(item.decision.verdict == _ALLOW for item in answer.answers)

        series = await interleaved(
            count,
            max(count // 10, 2),
            bare_grpc_aio_echo=echoed,
            raw_OPA_call=raw,
            one_commit=committed,
            Decide=decided,
            **{f"DecideBatch_of_{BATCH}": batch},
        )
        print(f"one client, {count} times each\n{table(series)}")
        floor = sum(found.quantile(0.5) for found in series[:3])
        single, batched = series[3].quantile(0.5), series[4].quantile(0.5)
        print(f"Decide is {single / floor:.2f} times echo + OPA + one commit ({floor * 1000:.3f} ms)")
        print(f"DecideBatch decides {BATCH / batched:.0f}/s, {BATCH / batched * single:.1f} times the single rate")
        print(f"\n{CLIENTS} clients\n{'what':<44}{'p50 ms':>10}{'p99 ms':>10}{'per second':>12}")
        rates = []
        for name, call, times in (("bare grpc aio echo", echoed, 10 * count), ("Decide", decided, 4 * count)):
            await _at_once(CLIENTS, times // 10, call)
            found, rate = await _at_once(CLIENTS, times, call)
            rates.append(rate)
            print(f"{name:<44}{found.quantile(0.5) * 1000:>10.3f}{found.quantile(0.99) * 1000:>10.3f}{rate:>12.0f}")
        print(f"{CLIENTS} clients decide at {rates[1] / rates[0] * 100:.0f} % of the echo's rate")
        if len(sys.argv) > 2 and sys.argv[2] == "--profile":
            profile = cProfile.Profile()
            profile.enable()
            await _at_once(CLIENTS, 2 * count, decided)
            profile.disable()
            pstats.Stats(profile).sort_stats("tottime").print_stats(35)


async def main() -> None:
    async with stage(1) as app:
        await measure(app, int(sys.argv[1]) if len(sys.argv) > 1 else 300)


if __name__ == "__main__":
    os.environ.setdefault("OTEL_SDK_DISABLED", "true")
    asyncio.run(main())
