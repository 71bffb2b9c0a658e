"""How a server says that it is, beside what tests of its parts say."""

from types import SimpleNamespace
from typing import Any

import pytest

from assent_orchestrator.app.condition import Condition
from assent_orchestrator.app.realms import Realms
from assent_orchestrator.memory.memories import Memories
from assent_orchestrator.memory.vault import Vault
from assent_orchestrator.store.postgres import Database
from tests.orchestrator.memory.entries import MASTER


@pytest.mark.requirement("orchestrator.memory-key-wrong")
@pytest.mark.parametrize(("master", "ready"), [(MASTER, True), (b"x" * 32, False)])
async def test_a_server_with_another_master_key_says_so_before_anybody_uses_memory(
    database: Database, master: bytes, *, ready: bool
) -> None:
    async with database.engine.begin() as tx:
        await Memories(Vault(MASTER)).require_master(tx, claim=True)

    async def engine() -> Any:
        return SimpleNamespace(ready=True, detail="", engine_version="1", engine_origin="wheel", revision="r")

    feed = SimpleNamespace(status=SimpleNamespace(problem=""))
    home: Any = SimpleNamespace(home="local", sidecar=SimpleNamespace(health=engine), feed=feed)
    seat: Any = SimpleNamespace(held=True)
    health = await Condition(Realms(home, {}), database, seat, Memories(Vault(master)), "one", "1").health()
    [memory] = [part for part in health.components if part.name == "memory"]
    assert (memory.ready, "--memory-key" in memory.detail, health.ready) == (ready, not ready, True)
