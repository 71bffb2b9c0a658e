"""Lies in wait inside PostgreSQL, so that a run is stopped in exactly the commit that a trial is about.

A deferred constraint trigger runs when a transaction commits, after everything else in it: whoever is stopped there has
done its work and has sent COMMIT. Killed now, the commit is undone when its backend is ended, and counts when it is let
go. The product knows nothing of this.
"""

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg.rows import namedtuple_row

from tests.kill.point import EXPIRY, Kind, Point, Strike

_CLASS = 0x6B696C6C  # "kill": the first half of the advisory locks' keys; the second is the number of a lane
_SECONDS = 60.0
_MARK = "ambush"  # how a backend is called that waits for a standby server that never comes
_INSTALL = f"""
CREATE SCHEMA ambush;
-- Unlogged: when PostgreSQL was killed, nobody lies in wait any more.
CREATE UNLOGGED TABLE ambush.laid (
    tenant text PRIMARY KEY, number int NOT NULL, kind text NOT NULL, name text NOT NULL, nth int NOT NULL,
    standby boolean NOT NULL, since bigint NOT NULL
);
CREATE UNLOGGED TABLE ambush.passed (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    tenant text NOT NULL, tx text NOT NULL, kind text NOT NULL, name text NOT NULL, nth int NOT NULL
);
CREATE INDEX ON ambush.passed (tenant, kind, name);

CREATE FUNCTION ambush.pass(whose text, what text, called text) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    number_of_it int;
    of_run boolean := what = '{Kind.RECORD}' AND called <> '{EXPIRY}';
    trap ambush.laid;
BEGIN
    SELECT count(*) + 1 INTO number_of_it FROM ambush.passed p WHERE p.tenant = whose AND p.kind = what
        AND p.name = called;
    INSERT INTO ambush.passed (tenant, tx, kind, name, nth)
        VALUES (whose, pg_current_xact_id()::text, what, called, number_of_it);
    SELECT * INTO trap FROM ambush.laid l WHERE l.tenant = whose AND (
        (l.kind = what AND l.name = called AND l.nth = number_of_it)
        OR ((l.kind = '{Kind.ANY}' OR (l.kind = '{Kind.NEXT}' AND of_run)) AND l.nth =
            (SELECT count(DISTINCT p.tx) FROM ambush.passed p WHERE p.tenant = whose AND p.id > l.since
                AND (l.kind = '{Kind.ANY}' OR (p.kind = '{Kind.RECORD}' AND p.name <> '{EXPIRY}')))));
    IF NOT FOUND THEN
        RETURN;
    END IF;
    IF trap.standby THEN
        -- The commit is written to disk and then waits for a standby server: it counts, and nobody hears so.
        PERFORM set_config('synchronous_commit', 'on', true),
            set_config('application_name', '{_MARK} ' || trap.number, true);
    END IF;
    PERFORM pg_advisory_xact_lock({_CLASS}, trap.number);
END $$;

-- As its owner: what is written in the name of a caller has the rights of callers, who know nothing of this.
CREATE FUNCTION ambush.on_record() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
BEGIN
    IF NEW.event = 'memory.expired' THEN
        PERFORM ambush.pass(NEW.tenant, '{Kind.RECORD}', '{EXPIRY}');
    ELSIF NEW.run_id IS NOT NULL THEN
        PERFORM ambush.pass(NEW.tenant, '{Kind.RECORD}',
            coalesce(convert_from(NEW.record, 'UTF8')::jsonb ->> 'step', 'run') || ':' || NEW.event);
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER ambush AFTER INSERT ON assent.trail DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION ambush.on_record();

CREATE FUNCTION ambush.on_engine() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    whose text;
    branch text := coalesce(nullif(split_part(NEW.workflow_uuid, '/', 2), ''), 'run');
BEGIN
    SELECT tenant INTO whose FROM assent.runs WHERE id = split_part(NEW.workflow_uuid, '/', 1);
    IF FOUND THEN
        IF TG_ARGV[0] = '{Kind.CHECKPOINT}' THEN
            PERFORM ambush.pass(whose, TG_ARGV[0], branch || ':' || NEW.function_name);
        ELSE
            PERFORM ambush.pass(whose, TG_ARGV[0], branch || ':' || NEW.status);
        END IF;
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER ambush AFTER INSERT ON dbos.operation_outputs DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION ambush.on_engine('{Kind.CHECKPOINT}');
CREATE CONSTRAINT TRIGGER ambush_begun AFTER INSERT ON dbos.workflow_status DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION ambush.on_engine('{Kind.WORKFLOW}');
CREATE CONSTRAINT TRIGGER ambush_over AFTER UPDATE ON dbos.workflow_status DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW WHEN (OLD.status IS DISTINCT FROM NEW.status)
    EXECUTE FUNCTION ambush.on_engine('{Kind.WORKFLOW}');
"""
# What waits for the standby server is committed on this one; everybody else waits for this one only.
_SETTINGS = (
    "ALTER DATABASE assent SET synchronous_commit = 'local'",
    "ALTER SYSTEM SET synchronous_standby_names = 'nobody'",
    "SELECT pg_reload_conf()",
)
_CAUGHT = f"""
SELECT objid::int AS number, pid FROM pg_locks WHERE locktype = 'advisory' AND NOT granted AND classid = {_CLASS}
"""
_UNANSWERED = "SELECT FROM pg_stat_activity WHERE application_name = %s AND wait_event = 'SyncRep'"


@dataclass(frozen=True, slots=True)
class Passed:
    """A transition that was committed, and the transaction that it was part of."""

    tx: str
    point: Point


class Ambush:
    """One place for each lane: a lane is a tenant with a number."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._connection: psycopg.AsyncConnection[Any] | None = None

    async def open(self) -> None:
        """Connect, also after PostgreSQL was killed: whatever lay in wait is gone then."""
        await self.close()
        self._connection = await psycopg.AsyncConnection.connect(
            self._url, autocommit=True, row_factory=namedtuple_row, application_name="kill suite"
        )

    async def close(self) -> None:
        """Disconnect, which lets everybody go."""
        if self._connection is not None:
            await self._connection.close()

    async def prepare(self) -> None:
        """Change the settings that sessions begin with: do this before the server has any."""
        for setting in _SETTINGS:
            await self._do(setting)
        await self.open()

    async def install(self) -> None:
        """Install the triggers, when the tables are there."""
        await self._do(_INSTALL)

    async def begin(self, tenants: Iterable[str]) -> None:
        """Forget what passed so far: a new run begins for each of these."""
        await self.lift(kept=(), lost=())  # whoever is still stopped after a wave that failed
        await self._do("DELETE FROM ambush.passed")
        for tenant in tenants:
            # Its first run also makes the head of its trail: so that all runs are alike.
            await self._do("INSERT INTO assent.heads VALUES (%s, 0, %s) ON CONFLICT DO NOTHING", tenant, bytes(32))

    async def lay(self, number: int, tenant: str, strike: Strike, *, standby: bool) -> None:
        """Lie in wait for one transition; ``standby`` is for those whose commit must outlive PostgreSQL itself."""
        point = strike.point
        await self._do(f"SELECT pg_advisory_lock({_CLASS}, %s)", number)
        await self._do(
            "INSERT INTO ambush.laid SELECT %s, %s, %s, %s, %s, %s, coalesce(max(id), 0) FROM ambush.passed",
            *(tenant, number, str(point.kind), point.name, point.nth, standby),
        )

    async def caught(self) -> dict[int, int]:
        """Return who is stopped: by the number of the lane, the backend."""
        return {row.number: row.pid for row in await self._do(_CAUGHT)}

    async def commit_unanswered(self, number: int) -> None:
        """Let one commit that was laid in wait for as ``standby`` get to the disk, and no further.

        One at a time: whoever tells listeners of a commit holds up all others that do, until it is answered.
        """
        await self._do(f"SELECT pg_advisory_unlock({_CLASS}, %s)", number)
        async with asyncio.timeout(_SECONDS):
            while not await self._do(_UNANSWERED, f"{_MARK} {number}"):
                pass

    async def lift(self, kept: Iterable[int], lost: Iterable[int]) -> None:
        """Let go whose commit counts, end the others, and wait until all of these backends are gone."""
        caught = await self.caught()
        await self._do("DELETE FROM ambush.laid")
        for number in lost:
            if number in caught:
                await self._do("SELECT pg_terminate_backend(%s, 10000)", caught[number])
        await self._do("SELECT pg_advisory_unlock_all()")
        for number in kept:
            if number in caught:
                # Its client is dead: the backend commits, finds nobody, and ends.
                while await self._do("SELECT FROM pg_stat_activity WHERE pid = %s", caught[number]):
                    pass

    async def passed(self, tenant: str) -> list[Passed]:
        """Return what a lane's run went through, oldest first."""
        rows = await self._do("SELECT tx, kind, name, nth FROM ambush.passed WHERE tenant = %s ORDER BY id", tenant)
        return [Passed(row.tx, Point(Kind(row.kind), row.name, row.nth)) for row in rows]

    async def ask(self, query: str, *arguments: Any) -> list[Any]:
        """Read what is committed."""
        return await self._do(query, *arguments)

    async def _do(self, query: str, *arguments: Any) -> list[Any]:
        assert self._connection is not None
        done = await self._connection.execute(query, arguments or None)
        return await done.fetchall() if done.description is not None else []
