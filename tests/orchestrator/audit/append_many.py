"""Appends to a trail from a process of its own: ``append_many.py URL TENANT WRITER COUNT``."""

import asyncio
import sys

from sqlalchemy.ext.asyncio import create_async_engine

from assent_orchestrator.audit.record import Draft
from assent_orchestrator.audit.trail import Trail


async def append_many(url: str, tenant: str, writer: str, count: int) -> None:
    engine = create_async_engine(url)
    trail = Trail(engine)
    for number in range(count):
        async with trail.recording() as tx:
            await trail.append(tx, tenant, [Draft(event="run.created", run=f"{writer}-{number}")])
    await engine.dispose()


asyncio.run(append_many(sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4])))
