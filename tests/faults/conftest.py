"""One deployment for all faults: what one of them leaves is what the next one begins with."""

import os
from collections.abc import AsyncIterator

import pytest

from assent_orchestrator.cli.chaos.deployment import Deployment, deployed
from assent_orchestrator.cli.stage.examples import find_examples


@pytest.fixture(scope="module")
async def deployment() -> AsyncIterator[Deployment]:
    async with deployed(find_examples(), os.environ) as one:
        yield one
