"""How every part of a server is, as one tenant may know it."""

from dataclasses import dataclass

import sqlalchemy as sa

from assent_orchestrator.app.realm import Realm
from assent_orchestrator.app.realms import Realms
from assent_orchestrator.errors import MemoryKeyWrongError
from assent_orchestrator.memory.memories import Memories
from assent_orchestrator.server.health import ComponentView, HealthView
from assent_orchestrator.store.postgres import Database
from assent_orchestrator.store.seat import Seat

_NO_SEAT = "the executor name {} was lost with its connection; until it is had again, runs may be carried on by others"


@dataclass(frozen=True, slots=True)
class Condition:
    """Looks at the parts of one server."""

    realms: Realms
    database: Database
    seat: Seat
    memories: Memories
    executor: str
    version: str

    async def health(self, tenant: str = "") -> HealthView:
        """Say how every part is that a tenant depends on; ready only when all of them are.

        The server's own tenant sees those of all, and so does a probe (no tenant): but that the server is ready depends
        on its own, so that one tenant's engine takes no server away from the others.
        """
        home = self.realms.home
        mine = self.realms.of(tenant) if tenant else home
        engine = await mine.sidecar.health()
        database = await _database_view(self.database)
        seat = ComponentView("seat", self.seat.held, "" if self.seat.held else _NO_SEAT.format(self.executor))
        # With a problem of the newest policies, those before decide; without memory, all that needs none of it goes on.
        memory = await self.memory()
        of_engine = ComponentView("engine", engine.ready, engine.detail)
        components = [of_engine, database, seat, _policies("policies", mine), memory]
        for name, realm in self.realms.all.items() if mine is home else ():
            if realm is not home:
                theirs = await realm.sidecar.health()
                components.append(ComponentView(f"engine of {name}", theirs.ready, theirs.detail))
                components.append(_policies(f"policies of {name}", realm))
        return HealthView(
            ready=engine.ready and database.ready and seat.ready,
            components=tuple(components),
            engine_version=engine.engine_version or "",
            engine_origin=engine.engine_origin,
            revision=engine.revision or "",
            server_version=self.version,
        )

    async def memory(self) -> ComponentView:
        """Say whether this server has the master key of what is remembered in its database."""
        try:
            async with self.database.engine.connect() as connection:
                await self.memories.require_master(connection)
        except MemoryKeyWrongError as error:
            return ComponentView("memory", ready=False, detail=f"{error.message} (assent serve --memory-key FILE)")
        except (sa.exc.SQLAlchemyError, OSError):
            return ComponentView("memory", ready=False, detail="PostgreSQL does not answer")
        return ComponentView("memory", ready=True)


def _policies(name: str, realm: Realm) -> ComponentView:
    problem = realm.feed.status.problem
    return ComponentView(name, not problem, problem)


async def _database_view(database: Database) -> ComponentView:
    try:
        async with database.engine.connect() as connection:
            await connection.execute(sa.text("SELECT 1"))
    except (sa.exc.SQLAlchemyError, OSError):
        return ComponentView("database", ready=False, detail="PostgreSQL does not answer; nothing is decided")
    return ComponentView("database", ready=True)
