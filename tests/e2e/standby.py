"""A PostgreSQL with a standby that streams from it, of the embedded one's own programs, as an operator makes them."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import psycopg
import sqlalchemy as sa

from assent_orchestrator.store.embedded import EmbeddedServer
from tests.e2e.deployment import SECONDS
from tests.kill.postgres import Postgres

SLOT = "standby"
_CONFIRMS = "SELECT 1 FROM pg_stat_replication WHERE sync_state = 'sync'"
_RECEIVES = "SELECT 1 FROM pg_stat_wal_receiver"


def socket_of(one: Postgres) -> str:
    """Return the folder of the socket, which is a host to libpq."""
    return str(sa.make_url(one.url).query["host"])


async def told(one: Postgres, *statements: str) -> None:
    """Have a server do something."""
    async with await psycopg.AsyncConnection.connect(one.url, autocommit=True) as connection:
        for statement in statements:
            await connection.execute(statement.encode())


async def until(one: Postgres, query: str, *, there: bool = True) -> None:
    """Wait, bounded, until a query finds something, or nothing any more."""
    async with asyncio.timeout(SECONDS), await psycopg.AsyncConnection.connect(one.url, autocommit=True) as connection:
        while bool(await (await connection.execute(query.encode())).fetchone()) is not there:
            pass


@dataclass(frozen=True)
class Pair:
    """A primary and its standby."""

    primary: Postgres
    standby: Postgres

    @property
    def environ(self) -> dict[str, str]:
        """What a server of ours is given: the address of both, of which it uses whichever takes writes."""
        hosts = ",".join(socket_of(one) for one in (self.primary, self.standby))
        return {"ASSENT_DATABASE_URL": f"postgresql://assent@/assent?host={hosts}&target_session_attrs=read-write"}

    async def confirm(self) -> None:
        """Have every commit wait until the standby has it on its disk."""
        await told(self.primary, "ALTER SYSTEM SET synchronous_standby_names = '*'", "SELECT pg_reload_conf()")
        await until(self.primary, _CONFIRMS)

    async def part(self) -> None:
        """Have the standby hear nothing more from the primary, which goes on without."""
        await told(self.standby, "ALTER SYSTEM SET primary_conninfo = ''", "SELECT pg_reload_conf()")
        await until(self.standby, _RECEIVES, there=False)

    async def fail_over(self) -> None:
        """Kill the primary for good, and have the standby take its place."""
        await self.primary.kill()
        await told(self.standby, "SELECT pg_promote()")


@contextlib.asynccontextmanager
async def pair(folder: Path) -> AsyncIterator[Pair]:
    """Run both for as long as the block lasts."""
    one = Pair(Postgres(folder / "primary"), Postgres(folder / "standby"))
    await one.primary.start()
    try:
        await asyncio.to_thread(_copy, one.primary, folder / "standby")
        await one.standby.start()
        try:
            yield one
        finally:
            await one.standby.stop()
    finally:
        await one.primary.stop()


def _copy(primary: Postgres, folder: Path) -> None:
    server = EmbeddedServer(folder)
    server._prepare()
    source = ("--host", socket_of(primary), "--username", "assent")
    kept = ("--wal-method", "stream", "--create-slot", "--slot", SLOT, "--write-recovery-conf", "--checkpoint", "fast")
    assert server._cluster._run("pg_basebackup", *source, "--pgdata", str(folder / "data"), *kept)
