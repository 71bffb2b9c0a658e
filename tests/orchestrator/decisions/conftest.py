from collections.abc import AsyncIterator

import pytest

from assent_orchestrator.audit.listen import Listener
from assent_orchestrator.store.postgres import Database
from tests.orchestrator.decisions.office import Office, open_office


@pytest.fixture
def office(database: Database, fresh_tenant: str) -> Office:
    return open_office(database, fresh_tenant)


@pytest.fixture(scope="session")
async def listener(database: Database) -> AsyncIterator[Listener]:
    async with Listener(database.sync_url) as opened:
        yield opened
