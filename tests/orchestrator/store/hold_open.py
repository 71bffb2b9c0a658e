"""Keeps a database open until its input ends: ``hold_open.py FOLDER``. Prints the server's process id when open."""

import asyncio
import sys
from pathlib import Path

import sqlalchemy as sa

from assent_orchestrator.store.postgres import open_database


async def hold_open(folder: Path) -> None:
    async with open_database(None, folder) as database:
        async with database.engine.begin() as tx:
            # IF NOT EXISTS alone lets two that look at once both create it, and one of them fail.
            await tx.execute(sa.text("SELECT pg_advisory_xact_lock(1)"))
            await tx.execute(sa.text("CREATE TABLE IF NOT EXISTS kept (id int)"))
            await tx.execute(sa.text("INSERT INTO kept VALUES (1)"))
        pid = (folder / "data" / "postmaster.pid").read_text(encoding="utf-8").split("\n", 1)[0]
        print(pid, flush=True)  # noqa: T201 -- the parent reads it
        await asyncio.to_thread(sys.stdin.read)


asyncio.run(hold_open(Path(sys.argv[1])))
