import pytest

from assent_orchestrator.audit.trail import Trail
from assent_orchestrator.store.postgres import Database


@pytest.fixture(scope="session")
def trail(database: Database) -> Trail:
    return Trail(database.engine)
