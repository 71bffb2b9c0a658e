import pytest

from assent_orchestrator.store.postgres import Database
from tests.orchestrator.memory.entries import Place


@pytest.fixture
def place(database: Database, fresh_tenant: str) -> Place:
    return Place(database.engine, fresh_tenant)
