"""The office, a real engine with policies about single actions and about whole plans; and a database of one's own."""

import uuid
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from assent_orchestrator.store.migrate import migrate
from assent_orchestrator.store.postgres import Database, open_database
from assent_sidecar.bundle.build import build_bundle
from assent_sidecar.opa.binary import find_binary
from assent_sidecar.sidecar import SidecarSettings, open_sidecar
from tests.orchestrator.governance.forecasting import SECONDS, Office

FOLDER = Path(__file__).parent / "office"


@pytest.fixture(scope="session")
async def office(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Office]:
    """The office, shared by all tests: nothing in it changes."""
    bundle = await build_bundle(FOLDER, find_binary({}))
    settings = SidecarSettings(tmp_path_factory.mktemp("office"), {}, query_timeout=SECONDS, probe_timeout=SECONDS)
    async with open_sidecar(settings, bundle) as sidecar:
        yield Office(bundle.catalogue, sidecar.evaluator)


@pytest.fixture
async def own(database: Database) -> AsyncIterator[Database]:
    """A database of the test's own: policies are the same for all tenants of one."""
    name = f"policies_{uuid.uuid4().hex[:12]}"
    async with database.engine.execution_options(isolation_level="AUTOCOMMIT").connect() as connection:
        await connection.execute(sa.text(f"CREATE DATABASE {name}"))
        url = sa.make_url(database.url).set(database=name).render_as_string(hide_password=False)
        async with open_database(url, Path("/nonexistent")) as opened:
            await migrate(opened)
            yield opened
        await connection.execute(sa.text(f"DROP DATABASE {name} WITH (FORCE)"))
