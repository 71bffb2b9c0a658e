import pytest

from assent_orchestrator.store.postgres import Database
from tests.orchestrator.decisions.office import Office, open_office


@pytest.fixture
def office(database: Database, fresh_tenant: str) -> Office:
    return open_office(database, fresh_tenant)
