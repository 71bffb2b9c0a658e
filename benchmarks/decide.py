"""What a decision costs a caller: Decide and DecideBatch over gRPC, each answer with its committed records.

Beside it, in the same run and with the same payload: a bare grpc.aio echo, a raw call of the engine with the same
question, and one commit of one row. The server, the echo and the clients of both have a process each; the two servers
take turns, and of the rounds the median counts. Which part uses how much of the processors is measured, too: on a busy
machine that says more than the clock.
"""

import asyncio
import json
import os
import statistics
import sys
from collections.abc import Awaitable, Callable
from typing import Any

import aiohttp
import grpc.aio
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import create_async_engine

from assent.v1 import decisions_pb2, permits_pb2, permits_pb2_grpc
from bench.apart import Meter, apart
from bench.echo import say
from bench.measure import Series, at_once, interleaved, table

CLIENTS = 16
BATCH = 50
ROUNDS = 7
_ALLOW = decisions_pb2.VERDICT_ALLOW
Call = Callable[[], Awaitable[object]]


def _action(number: int) -> permits_pb2.ActionRequest:
    action = permits_pb2.ActionRequest(id=f"a{number}", agent="bot", action="box.put")
    action.args.update({"text": "hello", "n": number})
    return action


async def _one_client(count: int, calls: dict[str, Call]) -> None:
    series = await interleaved(count, max(count // 10, 6), **calls)
    print(f"one client, {count} times each\n{table(series)}")
    floor = sum(found.quantile(0.5) for found in series[:3])
    single, batched = series[3].quantile(0.5), series[4].quantile(0.5)
    print(f"Decide is {single / floor:.2f} times echo + OPA + one commit ({floor * 1000:.3f} ms)")
    print(f"DecideBatch decides {BATCH / batched:.0f}/s, {BATCH / batched * single:.1f} times the single rate")


async def _many_clients(count: int, echoed: Call, decided: Call) -> None:
    rates: list[tuple[float, float]] = []
    times: tuple[list[float], list[float]] = ([], [])
    for number in range(ROUNDS + 1):
        found = [await at_once(CLIENTS, 4 * count, echoed), await at_once(CLIENTS, count, decided)]
        if number:  # the first round warms up
            rates.append((4 * count / found[0][1], count / found[1][1]))
            for kept, (taken, _) in zip(times, found, strict=True):
                kept.extend(taken)
    print(f"\n{CLIENTS} clients, {ROUNDS} rounds\n{'what':<44}{'p50 ms':>10}{'p99 ms':>10}{'per second':>12}")
    for number, name in enumerate(("bare grpc aio echo", "Decide")):
        one = Series(name, tuple(times[number]))
        rate = statistics.median(both[number] for both in rates)
        print(f"{name:<44}{one.quantile(0.5) * 1000:>10.3f}{one.quantile(0.99) * 1000:>10.3f}{rate:>12.0f}")
    share = statistics.median(decide / echo for echo, decide in rates)
    print(f"{CLIENTS} clients decide at {share * 100:.0f} % of the echo's rate")


async def _spent(what: str, call: Call, pids: dict[str, int], *, clients: int, calls: int, actions: int = 1) -> None:
    """Print what each part uses for one decision, in ms of one processor."""
    meter = Meter(clients=os.getpid(), **pids)
    _, seconds = await at_once(clients, calls, call)
    rate = calls / seconds
    spent = {name: seconds * 1000 / (calls * actions) for name, seconds in meter.spent().items()}
    cells = "".join(f"{spent.get(name, 0.0):>10.3f}" for name in ("clients", "server", "engine", "database"))
    print(f"{what:<44}{cells}{sum(spent.values()):>10.3f}{rate * actions:>12.0f}")


async def measure(count: int, echo: dict[str, Any], server: dict[str, Any]) -> None:
    """Measure with one client and with many, and what each part uses; both servers said where they are."""
    body = json.dumps({"input": server["question"]}).encode()
    engine = create_async_engine(server["database"])
    scratch = sa.Table("scratch", sa.MetaData(), sa.Column("n", sa.Integer))
    async with engine.begin() as tx:
        await tx.run_sync(scratch.create)
    async with (
        grpc.aio.insecure_channel(echo["address"]) as bare,
        grpc.aio.insecure_channel(server["address"]) as channel,
        aiohttp.ClientSession(connector=aiohttp.UnixConnector(server["engine"])) as session,
    ):
        stub = permits_pb2_grpc.DecisionServiceStub(channel)
        metadata = (("authorization", f"Bearer {server['token']}"),)
        one = permits_pb2.DecideRequest(parent="tenants/local", action=_action(1))
        many = permits_pb2.DecideBatchRequest(parent="tenants/local", actions=[_action(n) for n in range(BATCH)])
        payload = one.SerializeToString()
        echo_call = say(bare)

        async def echoed() -> None:
            await echo_call(payload)

        async def raw() -> None:
            async with session.post("http://opa/v1/data/assent/decision", data=body) as response:
                assert (await response.json())["result"]["verdict"] == "allow"

        async def committed() -> None:
            async with engine.begin() as tx:
                await tx.execute(sa.insert(scratch).values(n=1))

        async def decided() -> None:
            answer = await stub.Decide(one, metadata=metadata)
            assert answer.decision.verdict == _ALLOW

        async def batch() -> None:
            answer = await stub.DecideBatch(many, metadata=metadata)
            assert all(item.decision.verdict == _ALLOW for item in answer.answers)

        await _one_client(
            count,
            {
                "bare_grpc_aio_echo": echoed,
                "raw_OPA_call": raw,
                "one_commit": committed,
                "Decide": decided,
                f"DecideBatch_of_{BATCH}": batch,
            },
        )
        await _many_clients(count, echoed, decided)
        heads = ("clients", "server", "engine", "database", "all")
        print("\nms of one processor for each decision")
        print(f"{'what':<44}" + "".join(f"{head:>10}" for head in heads) + f"{'per second':>12}")
        pids = server["pids"]
        many_calls = 3 * count
        await _spent(
            f"bare echo, {CLIENTS} clients", echoed, {"server": echo["pid"]}, clients=CLIENTS, calls=3 * many_calls
        )
        await _spent("one Decide after the other", decided, pids, clients=1, calls=count)
        await _spent(f"Decide, {CLIENTS} clients", decided, pids, clients=CLIENTS, calls=many_calls)
        batches = max(count // 10, 3)
        await _spent(
            f"DecideBatch of {BATCH}, one after the other", batch, pids, clients=1, calls=batches, actions=BATCH
        )
    await engine.dispose()


async def main() -> None:
    """Measure ``COUNT`` times, the first argument."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 300
    async with apart("bench.echo") as echo, apart("bench.server", *sys.argv[2:]) as server:
        await measure(count, echo, server)


if __name__ == "__main__":
    os.environ.setdefault("OTEL_SDK_DISABLED", "true")
    asyncio.run(main())
