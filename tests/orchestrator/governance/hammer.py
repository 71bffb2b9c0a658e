"""Reserves and settles from a process of its own: ``hammer.py URL TENANT PROCESS WORKERS ROUNDS LIMIT``.

Prints what its workers believe: how much they spent, and how often they were refused.
"""

import asyncio
import json
import random
import sys
from datetime import UTC, datetime
from decimal import Decimal

from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from assent_orchestrator.governance.account import Account
from assent_orchestrator.governance.settlement import Truth, settle
from assent_orchestrator.governance.till import Booking, Want, open_till

UNIT = Decimal("0.000000001")


async def work(engine: AsyncEngine, tenant: str, name: str, rounds: int, limit: Decimal) -> tuple[Decimal, int]:
    dice, spent, refused = random.Random(name), Decimal(0), 0
    accounts = [Account(tenant, ledger, "k", "total") for ledger in ("a", "b")]
    for number in range(rounds):
        amount = UNIT * dice.randint(1, 3)
        chosen = dice.sample(accounts, dice.choice((1, 2)))  # in any order: locks are taken in one
        parts = ({"amount": str(amount), "actual": "/real"},)
        wants = tuple(Want(account, limit, amount, parts) for account in chosen)
        effect = f"{tenant}-{name}-{number}"
        async with engine.begin() as tx:
            till = await open_till(tx, (booking := Booking(effect, wants, None, "s", "bot"),))
            exhausted = till.take(booking)
            await till.close(tx, datetime.now(UTC))
        if exhausted is not None:
            refused += 1
            continue
        status = dice.choice(("succeeded", "succeeded", "succeeded", "failed", "unknown"))
        real = amount - UNIT * dice.randint(0, 1)
        async with engine.begin() as tx:
            await settle(tx, {effect: Truth(status, {"real": format(real, "f")})}, datetime.now(UTC))
        spent += sum((real for want in wants if want.account.ledger == "a" and status == "succeeded"), Decimal(0))
    return spent, refused


async def main(url: str, tenant: str, process: str, workers: int, rounds: int, limit: Decimal) -> None:  # noqa: PLR0917
    engine = create_async_engine(url, pool_size=4, max_overflow=0)
    done = await asyncio.gather(*(work(engine, tenant, f"{process}-{one}", rounds, limit) for one in range(workers)))
    await engine.dispose()
    said = {"spent": format(sum((one for one, _ in done), Decimal(0)), "f"), "refused": sum(two for _, two in done)}
    print(json.dumps(said))  # noqa: T201 -- the parent reads it


if __name__ == "__main__":
    URL, TENANT, PROCESS, WORKERS, ROUNDS, LIMIT = sys.argv[1:]
    asyncio.run(main(URL, TENANT, PROCESS, int(WORKERS), int(ROUNDS), Decimal(LIMIT)))
