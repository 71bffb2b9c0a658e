import asyncio
import contextlib
import json
import os
import signal
import stat
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import psutil
import pytest

from assent_sidecar.bundle.serve import RESOURCE, BundleServer
from assent_sidecar.errors import EngineUnavailableError
from assent_sidecar.opa.binary import find_binary
from assent_sidecar.opa.client import OpaClient
from assent_sidecar.opa.config import child_environment, render
from assent_sidecar.opa.output import Output
from assent_sidecar.opa.process import OpaProcess
from tests.sidecar.engines import bundle_of, until

SECRET = "the-customer-is-ill"  # stands in an input, and may stand nowhere else


@contextlib.asynccontextmanager
async def engine(folder: Path, **more: object) -> AsyncIterator[OpaProcess]:
    server = BundleServer()
    await server.start()
    server.publish(bundle_of())
    config = render({}, bundles=server.url, resource=RESOURCE, token=server.token) | more
    process = OpaProcess(find_binary({}), config, folder / "engine" / "opa.sock")
    try:
        await process.start()
        yield process
    finally:
        await process.stop()
        await server.stop()


def _pid(process: OpaProcess) -> int:
    assert process.pid is not None
    return process.pid


@pytest.mark.requirement("engine.unix-socket")
async def test_the_engine_listens_on_a_socket_that_only_its_owner_can_use(tmp_path: Path) -> None:
    async with engine(tmp_path) as process:
        folder = tmp_path / "engine"
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
        assert stat.S_IMODE((folder / "opa.sock").stat().st_mode) == 0o600
        assert stat.S_IMODE((folder / "opa.json").stat().st_mode) == 0o600
        connections = psutil.Process(_pid(process)).net_connections(kind="tcp")
        assert not [found for found in connections if found.status == psutil.CONN_LISTEN]


@pytest.mark.requirement("engine.waited-for")
async def test_an_engine_that_is_started_has_its_policies(tmp_path: Path) -> None:
    async with engine(tmp_path), OpaClient(tmp_path / "engine" / "opa.sock") as client:
        assert (await client.probe(5)).revision == bundle_of().revision


@pytest.mark.requirement("engine.restarted")
async def test_an_engine_that_dies_is_started_again(tmp_path: Path) -> None:
    async with engine(tmp_path) as process, OpaClient(tmp_path / "engine" / "opa.sock") as client:
        for _ in range(2):
            earlier = process.restarts
            os.kill(_pid(process), signal.SIGKILL)
            await until(lambda earlier=earlier: process.restarts > earlier and process.running)  # type: ignore[misc] # a bound default
        await until(lambda: _answers(client))
        assert process.restarts == 2


async def _answers(client: OpaClient) -> bool:
    with contextlib.suppress(EngineUnavailableError):
        return (await client.probe(5)).version is not None
    return False


@pytest.mark.requirement("engine.stopped")
async def test_stopping_ends_the_engine_and_leaves_nothing_behind(tmp_path: Path) -> None:
    async with engine(tmp_path) as process:
        pid = _pid(process)
    assert not psutil.pid_exists(pid)
    assert process.pid is None
    assert list((tmp_path / "engine").iterdir()) == []
    await process.stop()


@pytest.mark.requirement("engine.stopped")
async def test_an_engine_that_hangs_is_stopped_all_the_same(tmp_path: Path) -> None:
    async with engine(tmp_path) as process:
        pid = _pid(process)
        os.kill(pid, signal.SIGSTOP)
        async with asyncio.timeout(60):
            await process.stop()
    assert not psutil.pid_exists(pid)


@pytest.mark.requirement("engine.dies-with-us")
@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a child that its parent was killed")
async def test_the_engine_dies_with_a_parent_that_is_killed(tmp_path: Path) -> None:
    program = """
import asyncio, pathlib, sys
from assent_sidecar.opa.binary import find_binary
from assent_sidecar.opa.process import OpaProcess
async def main():
    process = OpaProcess(find_binary({}), {}, pathlib.Path(sys.argv[1]) / "opa.sock")
    await process.start()
    print(process.pid, flush=True)
    await asyncio.Event().wait()
asyncio.run(main())
"""
    parent = await asyncio.create_subprocess_exec(
        sys.executable, "-c", program, str(tmp_path / "engine"), stdout=subprocess.PIPE
    )
    assert parent.stdout is not None
    async with asyncio.timeout(60):
        pid = int(await parent.stdout.readline())
    parent.kill()
    await parent.wait()
    await until(lambda: not psutil.pid_exists(pid) or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE)


async def test_an_engine_that_cannot_start_says_why(tmp_path: Path) -> None:
    process = OpaProcess(find_binary({}), {"bundles": {"x": {"service": "nobody"}}}, tmp_path / "engine" / "opa.sock")
    with pytest.raises(EngineUnavailableError, match="nobody"):
        await process.start()
    assert not process.running


async def test_an_engine_that_finds_no_bundle_does_not_listen(tmp_path: Path) -> None:
    config = render({}, bundles="http://127.0.0.1:9", resource=RESOURCE, token="t")
    socket = tmp_path / "engine" / "opa.sock"
    process = OpaProcess(find_binary({}), config, socket, start_timeout=1.0)
    with pytest.raises(EngineUnavailableError):
        await process.start()
    assert not socket.exists()


async def test_a_path_that_is_too_long_for_a_socket_is_refused_at_once(tmp_path: Path) -> None:
    process = OpaProcess(find_binary({}), {}, tmp_path / ("x" * 120) / "opa.sock")
    with pytest.raises(EngineUnavailableError, match="too long"):
        await process.start()


@pytest.mark.requirement("engine.no-input-in-logs")
async def test_no_input_reaches_the_terminal_or_the_lines_that_are_kept(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    async with engine(tmp_path) as process, OpaClient(tmp_path / "engine" / "opa.sock") as client:
        answer = await client.decide(json.dumps({"context": {"answer": {"verdict": SECRET}}}).encode(), {}, 5)
        assert answer.decision_id
    assert SECRET not in "".join(process.lines)
    assert SECRET not in "".join(capfd.readouterr())


@pytest.mark.requirement("engine.no-input-in-logs")
async def test_the_engine_writes_no_decision_even_where_nobody_would_filter_it(tmp_path: Path) -> None:
    server = BundleServer()
    await server.start()
    server.publish(bundle_of())
    config = tmp_path / "opa.json"
    config.write_text(json.dumps(render({}, bundles=server.url, resource=RESOURCE, token=server.token)))
    socket = tmp_path / "o.sock"
    opa = await asyncio.create_subprocess_exec(
        *(str(find_binary({}).path), "run", "--server", "--skip-version-check", "--ready-timeout", "10"),
        *("--config-file", str(config), "--addr", f"unix://{socket}", "--log-level", "error"),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        env={},
    )
    try:
        async with OpaClient(socket) as client:
            await until(lambda: _answers(client))
            answer = await client.decide(json.dumps({"context": {"answer": {"verdict": SECRET}}}).encode(), {}, 5)
            assert answer.result == {"verdict": SECRET}
    finally:
        opa.terminate()
        written, _ = await opa.communicate()
        await server.stop()
    assert SECRET.encode() not in written


async def test_lines_that_may_hold_input_are_not_kept() -> None:
    reader = asyncio.StreamReader()
    output = Output()
    for line in ('{"msg":"Decision Log","input":1}', f'{{"type":"x/decision_logs","v":"{SECRET}"}}', "panic: x", ""):
        reader.feed_data(f"{line}\n".encode())
    reader.feed_data(f"{SECRET * 20000}{SECRET}\nafter\n".encode())
    reader.feed_data(b"no end")
    reader.feed_eof()
    await output.drain(reader)
    assert output.lines == ("panic: x", "", "after", "no end")


async def test_only_the_last_lines_are_kept() -> None:
    reader = asyncio.StreamReader()
    output = Output()
    reader.feed_data("".join(f"line {number}\n" for number in range(500)).encode())
    reader.feed_eof()
    await output.drain(reader)
    assert len(output.lines) == 40
    assert output.lines[-1] == "line 499"


def test_the_engine_sees_neither_our_secrets_nor_flags_in_the_environment() -> None:
    environ = {"OPA_LOG_LEVEL": "debug", "AWS_SECRET": "x", "HTTPS_PROXY": "x", "OTEL_EXPORTER_OTLP_HEADERS": "a=b"}
    assert child_environment(environ) == {"OTEL_EXPORTER_OTLP_HEADERS": "a=b"}
