"""One deployment for the tests that only look; those that break things make their own."""

from collections.abc import AsyncIterator

import pytest

from tests.e2e.clients.endpoint import Endpoint
from tests.e2e.deployment import RUNTIME, TENANT, Deployment, deployment


@pytest.fixture(scope="session")
async def deployed(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Deployment]:
    async with deployment(tmp_path_factory.mktemp("deployed")) as one:
        yield one


@pytest.fixture
def server(deployed: Deployment) -> Endpoint:
    """What a client in another language is given."""
    token = deployed.tokens.token_of(RUNTIME)
    assert token is not None
    plan = {"process": "contract_renewal", "inputs": {"account": "ACC-1001"}}
    return Endpoint(deployed.address, token, {"parent": TENANT, "plan": plan})
