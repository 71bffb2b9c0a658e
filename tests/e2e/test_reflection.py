"""A stranger with grpcurl finds out what there is."""

import asyncio
import shutil
from pathlib import Path

import pytest

from tests.e2e.clients.program import run
from tests.e2e.deployment import RUNTIME, Deployment

GRPCURL = "github.com/fullstorydev/grpcurl/cmd/grpcurl@v1.9.4"


@pytest.fixture(scope="module")
async def grpcurl(tmp_path_factory: pytest.TempPathFactory) -> Path:
    if shutil.which("go") is None:
        pytest.skip("grpcurl is built with Go, and there is no go here")
    folder = tmp_path_factory.mktemp("bin")
    # Without C, as the client in Go: what both are made of is compiled once.
    build = await run("go", "install", GRPCURL, cwd=folder, env={"GOBIN": str(folder), "CGO_ENABLED": "0"})
    if build.code != 0:
        pytest.skip(f"grpcurl could not be fetched or built: {build.errors.strip().splitlines()[-1:]}")
    return folder / "grpcurl"


async def ask(program: Path, *arguments: str) -> str:
    process = await asyncio.create_subprocess_exec(
        str(program), *arguments, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
    )
    out, errors = await asyncio.wait_for(process.communicate(), 60)
    assert process.returncode == 0, errors.decode()
    return out.decode()


@pytest.mark.timeout(600)
@pytest.mark.requirement("done.reflection")
async def test_grpcurl_lists_the_services_and_calls_one(grpcurl: Path, deployed: Deployment) -> None:
    listed = await ask(grpcurl, "-plaintext", deployed.address, "list")
    for service in ("RunService", "ApprovalService", "StopService", "ShadowService", "AuditService", "HealthService"):
        assert f"assent.v1.{service}" in listed
    assert "grpc.health.v1.Health" in listed
    token = deployed.tokens.token_of(RUNTIME)
    health = await ask(
        grpcurl,
        "-plaintext",
        "-H",
        f"authorization: Bearer {token}",
        deployed.address,
        "assent.v1.HealthService/GetHealth",
    )
    assert "HEALTH_STATE_READY" in health
