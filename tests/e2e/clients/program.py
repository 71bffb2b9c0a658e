"""The clients in Go and Node: made from the protos in a folder of their own, as their users would make them."""

import asyncio
import json
import os
import shutil
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from google.protobuf.json_format import MessageToJson, ParseDict

from assent.v1 import runs_pb2

HERE = Path(__file__).resolve().parent
PROTO = HERE.parents[2] / "proto"
PATIENCE = 300.0


@dataclass(frozen=True)
class Finished:
    """How a program ended."""

    code: int
    output: str
    errors: str


async def run(*command: str | Path, cwd: Path, env: Mapping[str, str] | None = None) -> Finished:
    """Run a program to its end; the loop goes on, because the server may live on it."""
    process = await asyncio.create_subprocess_exec(
        *map(str, command),
        cwd=cwd,
        env={**os.environ, **(env or {})},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        output, errors = await asyncio.wait_for(process.communicate(), PATIENCE)
    except BaseException:
        if process.returncode is None:
            process.kill()
            await process.wait()
        raise
    assert process.returncode is not None
    return Finished(process.returncode, output.decode(), errors.decode())


async def _made(*command: str | Path, cwd: Path, env: Mapping[str, str] | None = None) -> None:
    finished = await run(*command, cwd=cwd, env=env)
    assert finished.code == 0, f"{command}\n{finished.output}{finished.errors}"


async def _fetched(*command: str, cwd: Path, env: Mapping[str, str] | None = None) -> None:
    finished = await run(*command, cwd=cwd, env=env)
    if finished.code != 0:
        lines = (finished.errors or finished.output).strip().splitlines()
        pytest.skip(f"{' '.join(command)} could not fetch what the client needs: {lines[-1] if lines else 'no word'}")


@dataclass(frozen=True)
class Client:
    """A client that is ready to be started."""

    command: tuple[str, ...]
    extra: tuple[str, ...]
    folder: Path

    async def submit(self, address: str, token: str, plan: dict[str, Any]) -> Finished:
        """Submit a plan and watch it to its end."""
        file = self.folder / "plan.json"
        # One spelling for everybody: protobuf's own JSON takes two, the loader of Node only one.
        request = ParseDict(plan, runs_pb2.SubmitPlanRequest())
        file.write_text(MessageToJson(request), encoding="utf-8")
        return await run(*self.command, address, token, file, *self.extra, cwd=self.folder)


async def go_client(folder: Path) -> Client:
    """Generate and build the Go client in ``folder``; skip when there is no Go."""
    if shutil.which("go") is None:
        pytest.skip("go is not installed: the Go client is not tried")
    for name in ("go.mod", "go.sum", "main.go", "buf.gen.yaml"):
        shutil.copy(HERE / "go" / name, folder)
    programs = folder / "bin"
    # The plugins must run here, whatever the caller's GOOS; nothing is fetched but what go.sum names.
    settings = {"GOFLAGS": "-mod=readonly", "GOTOOLCHAIN": "local", "CGO_ENABLED": "0", "GOBIN": "", "GOWORK": "off"}
    await _fetched("go", "mod", "download", cwd=folder, env=settings)
    plugins = ("google.golang.org/protobuf/cmd/protoc-gen-go", "google.golang.org/grpc/cmd/protoc-gen-go-grpc")
    await _made("go", "build", "-o", f"{programs}/", *plugins, cwd=folder, env=settings)
    buf = Path(sys.executable).parent / "buf"
    await _made(
        buf, "generate", PROTO, "--template", "buf.gen.yaml", "--exclude-path", PROTO / "third_party" / "google",
        cwd=folder, env={"PATH": f"{programs}{os.pathsep}{os.environ['PATH']}"},
    )  # fmt: skip
    await _made("go", "build", "-o", programs / "client", ".", cwd=folder, env=settings)
    return Client((str(programs / "client"),), (), folder)


async def node_client(folder: Path) -> Client:
    """Install what the Node client needs in ``folder``; skip when there is no Node."""
    for program in ("node", "npm"):
        if shutil.which(program) is None:
            pytest.skip(f"{program} is not installed: the Node client is not tried")
    for name in ("main.js", "package.json", "package-lock.json", ".npmrc"):
        shutil.copy(HERE / "node" / name, folder)
    await _fetched("npm", "ci", "--ignore-scripts", cwd=folder)
    return Client(("node", "main.js"), (str(PROTO),), folder)


def lines(finished: Finished) -> list[dict[str, Any]]:
    """Return what a client printed: one JSON object a line."""
    return [json.loads(line) for line in finished.output.splitlines()]
