"""One server for the tests that only call it: the workspace of ``assent init``, with its own tool server."""

import asyncio
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.orchestrator.cli.program import SECONDS, Desk, assent, clean_environ, serving, write_tokens

PEOPLE = {
    "sam": ["submitter"],
    "lea": ["service_lead"],
    "olga": ["operator", "auditor"],
    "cora": ["compliance_officer"],
}


@pytest.fixture(scope="session")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A fresh workspace, for reading only."""
    folder = tmp_path_factory.mktemp("init") / "refunds"
    said = assent("init", folder)
    assert said.code == 0, said.err
    return folder


@pytest.fixture(scope="session")
async def shop(workspace: Path) -> AsyncIterator[str]:
    """The address of the workspace's own tool server."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, str(workspace / "tools/shop.py"), "--port", "0"),
        stdout=asyncio.subprocess.PIPE,
        env=clean_environ(),
    )
    try:
        assert process.stdout is not None
        line = (await asyncio.wait_for(process.stdout.readline(), SECONDS)).decode()
        yield line.split()[1]
    finally:
        process.terminate()
        await asyncio.wait_for(process.wait(), SECONDS)


@pytest.fixture
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder whose path is short enough for sockets, so that every process that belongs to it names it."""
    return tmp_path_factory.mktemp("d") / "data"


@pytest.fixture(scope="session")
async def desk(workspace: Path, shop: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Desk]:
    """A server that runs, and commands against it."""
    data = tmp_path_factory.mktemp("data") / "assent"
    tokens = write_tokens(data / "tokens.json", PEOPLE)
    async with serving(workspace, data, "--tool-server", f"shop={shop}") as server:
        await server.ready()
        yield Desk(workspace, data, server, tokens)


@pytest.fixture(scope="session")
def finished(desk: Desk) -> str:
    """A run that succeeded."""
    said = desk("plan", "run", "plans/refund.yaml", "--json")
    assert said.code == 0, said.err + said.out
    return str(desk("runs", "list", "--json", "--limit", "1").json["runs"][0]["name"]).rpartition("/")[2]
