from collections.abc import AsyncIterator

import pytest

from assent_orchestrator.store.postgres import Database
from tests.orchestrator.shadows.servers import end_all


@pytest.fixture
async def alone(database: Database) -> AsyncIterator[Database]:
    """The database, in which no shadow runs before and after."""
    await end_all(database)
    yield database
    await end_all(database)
