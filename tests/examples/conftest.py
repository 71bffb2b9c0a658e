from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.examples.programs import Company, company, program


@pytest.fixture(scope="module")
def mailbox_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("mailbox")


@pytest.fixture(scope="module")
async def smtp(mailbox_folder: Path) -> AsyncIterator[str]:
    """The address of a running mail server."""
    async with program("tool_server.mailbox", "--folder", str(mailbox_folder)) as running:
        yield running.address


@pytest.fixture(scope="module")
async def running(tmp_path_factory: pytest.TempPathFactory, smtp: str) -> AsyncIterator[Company]:
    """The company without faults, shared by the tests of a file: each uses keys of its own."""
    async with company(tmp_path_factory.mktemp("company"), smtp) as opened:
        yield opened
