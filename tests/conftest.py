"""What every folder of tests may use: one real PostgreSQL for the whole session, and tenants that nobody else has."""

import os
import tempfile
import uuid
from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from assent_orchestrator.store.migrate import migrate
from assent_orchestrator.store.postgres import Database, open_database

# As the command has it, and before anything imports gRPC: what a test forks, as PostgreSQL's programs, calls no gRPC,
# and gRPC's own handlers crash in it when they come at a bad moment.
os.environ.setdefault("GRPC_ENABLE_FORK_SUPPORT", "false")

# As the Makefile has it: the hundreds of programs that tests start compile their code once, not each at every start.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)

# On a machine that is busy with something else, nothing is slow for a reason of its own; and of what is the same, each
# run looks at the same. `make fuzz` looks at more, and at something else every time.
settings.register_profile(
    "certain", deadline=None, derandomize=True, database=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("certain")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Have workers begin with the files that may take longest, so that none of them ends alone with one of these."""
    if not hasattr(config, "workerinput"):
        return
    weights: Counter[Path] = Counter()
    for item in items:
        limit = item.get_closest_marker("timeout")
        weights[item.path] += int(limit.args[0]) if limit else 1
    items.sort(key=lambda item: (-weights[item.path], item.path))


@pytest.fixture(scope="session")
async def database() -> AsyncIterator[Database]:
    """The embedded PostgreSQL with our tables, shared by all tests: they keep apart by tenant and run."""
    with tempfile.TemporaryDirectory(prefix="assent-", ignore_cleanup_errors=True) as folder:
        async with open_database(None, Path(folder) / "postgres") as opened:
            await migrate(opened)
            yield opened


@pytest.fixture
def fresh_tenant() -> str:
    """A tenant of this test's own."""
    return f"t-{uuid.uuid4().hex[:12]}"
