from collections.abc import AsyncIterator

import pytest

from assent_orchestrator.tools.server import ToolServers
from tests.orchestrator.tools.tool_server import Tools, serving


@pytest.fixture
async def tools() -> AsyncIterator[Tools]:
    tools = Tools()
    async with serving(tools):
        yield tools


@pytest.fixture
async def servers(tools: Tools) -> AsyncIterator[ToolServers]:
    servers = ToolServers({"company": tools.address})
    yield servers
    await servers.close()
