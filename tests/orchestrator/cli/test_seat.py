"""What a server makes of having lost its seat: it says so, and ends when another one has its name."""

import asyncio
import secrets
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import pytest

from assent_orchestrator.app.condition import Condition
from assent_orchestrator.app.realms import Realms
from assent_orchestrator.cli.serve import _ended
from assent_orchestrator.memory.memories import Memories
from assent_orchestrator.memory.vault import Vault
from assent_orchestrator.store.postgres import Database


@dataclass
class Server:
    """Takes calls until it is told to end, or breaks."""

    over: asyncio.Event = field(default_factory=asyncio.Event)
    breaks: bool = False

    async def ended(self) -> None:
        await self.over.wait()
        if self.breaks:
            raise RuntimeError("the port is gone")


@dataclass
class Seat:
    held: bool = True
    gone: asyncio.Event = field(default_factory=asyncio.Event)

    async def lost(self) -> None:
        await self.gone.wait()


@pytest.mark.requirement("bad-input.two-servers-on-one-folder")
@pytest.mark.parametrize("usurped", [True, False])
async def test_a_server_ends_when_it_is_told_to_or_when_another_one_has_its_name(*, usurped: bool) -> None:
    server: Any = Server()
    app: Any = SimpleNamespace(seat=Seat())
    serving = asyncio.create_task(_ended(server, app))
    await asyncio.sleep(0)
    assert not serving.done()
    (app.seat.gone if usurped else server.over).set()
    assert await asyncio.wait_for(serving, 60) is usurped


async def test_a_server_that_breaks_is_not_one_that_ended() -> None:
    server: Any = Server(breaks=True)
    app: Any = SimpleNamespace(seat=Seat())
    server.over.set()
    with pytest.raises(RuntimeError):
        await asyncio.wait_for(_ended(server, app), 60)


@pytest.mark.requirement("orchestrator.connections-come-back")
@pytest.mark.parametrize("held", [True, False])
async def test_a_server_without_a_seat_is_not_ready(database: Database, *, held: bool) -> None:
    async def engine() -> Any:
        return SimpleNamespace(ready=True, detail="", engine_version="1", engine_origin="wheel", revision="r")

    feed = SimpleNamespace(status=SimpleNamespace(problem=""))
    home: Any = SimpleNamespace(home="local", sidecar=SimpleNamespace(health=engine), feed=feed)
    memories = Memories(Vault(secrets.token_bytes(32)))
    condition = Condition(Realms(home, {}), database, Seat(held=held), memories, "one", "1")  # type: ignore[arg-type]
    health = await condition.health()
    assert health.ready is held
    [seat] = [part for part in health.components if part.name == "seat"]
    assert (seat.ready, "one" in seat.detail) == (held, not held)
