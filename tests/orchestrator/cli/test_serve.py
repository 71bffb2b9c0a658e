import asyncio
import contextlib
import json
import shutil
import signal
import socket
from pathlib import Path

import pytest

from tests.orchestrator.cli.program import (
    ASSENT,
    SECONDS,
    Desk,
    assent,
    clean_environ,
    left_behind,
    processes_of,
    serving,
    wait_until_gone,
    write_tokens,
)


def healthy(data: Path, address: str) -> bool:
    said = assent("doctor", "--server", address, "--json", ASSENT_DATA=str(data))
    [server] = [one for one in said.json["findings"] if one["subject"] == "server"]
    return bool(server["level"] == "ok")


@pytest.mark.requirement("cli.serve")
async def test_a_server_says_in_one_line_that_it_serves_and_leaves_nothing_behind(workspace: Path, data: Path) -> None:
    async with serving(workspace, data) as server:
        assert (await server.ready()).startswith("serving on 127.0.0.1:")
        assert await asyncio.to_thread(healthy, data, server.address)
        assert (data / "tokens.json").stat().st_mode & 0o777 == 0o600
        assert (await asyncio.to_thread(data.stat)).st_mode & 0o066 == 0
        server.send(signal.SIGTERM)
        assert await server.ended() == 0
        assert server.process.stdout is not None
        assert await server.process.stdout.read() == b""
    assert left_behind(data) == []
    token = json.loads((data / "tokens.json").read_text())["callers"][0]["token"]
    assert token not in server.log


@pytest.mark.requirement("cli.serve", "cli.json")
async def test_scripts_are_told_process_and_revision_too_and_logs_are_json_lines(
    workspace: Path, tmp_path: Path
) -> None:
    async with serving(workspace, tmp_path / "data", "--json", "--log-json") as server:
        facts = json.loads(await server.ready())
        assert facts["pid"] == server.process.pid
        assert facts["revision"].startswith("sha256:")
        assert facts["data"] == str(tmp_path / "data")
    lines = [json.loads(line) for line in server.log.splitlines()]
    assert {"time", "level", "logger", "message"} <= set(lines[0])
    assert any(line["message"] == f"serving revision {facts['revision']}" for line in lines)


@pytest.mark.requirement("cli.serve")
async def test_ctrl_c_ends_a_server_in_order_even_while_it_starts(workspace: Path, data: Path) -> None:
    async with serving(workspace, data) as server:
        await server.logged("starting on the workspace")
        server.send(signal.SIGINT)
        assert await server.ended() in {0, 130}
    assert left_behind(data) == []


@pytest.mark.requirement("cli.serve")
async def test_after_kill_9_no_engine_is_left_and_the_next_server_starts(workspace: Path, data: Path) -> None:
    async with serving(workspace, data) as first:
        await first.ready()
        first.send(signal.SIGKILL)
        await first.ended()
        async with serving(workspace, data) as second:
            await second.ready()
            assert await asyncio.to_thread(healthy, data, second.address)
            engines = [pid for pid, command in processes_of(data) if "run --server" in command]
            assert len(engines) == 1
    await asyncio.to_thread(wait_until_gone, data)


@pytest.mark.requirement("cli.serve", "cli.exit-codes")
async def test_a_second_ctrl_c_ends_a_server_at_once_and_nothing_is_lost(workspace: Path, data: Path) -> None:
    async with serving(workspace, data) as server:
        await server.ready()
        server.send(signal.SIGINT)
        await server.logged("a second signal ends the process at once")
        with contextlib.suppress(ProcessLookupError):  # it was quicker than we are
            server.send(signal.SIGINT)
        assert await server.ended() in {0, 130}
    async with serving(workspace, data) as again:
        await again.ready()
    await asyncio.to_thread(wait_until_gone, data)


@pytest.mark.requirement("cli.serve")
async def test_a_server_that_is_stopped_with_runs_under_way_waits_for_no_database(
    workspace: Path, tmp_path: Path
) -> None:
    data = tmp_path / "data"
    tokens = write_tokens(data / "tokens.json", {"sam": ["submitter"]})
    called = asyncio.Event()

    async def say_nothing(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        called.set()
        with contextlib.suppress(ConnectionError):
            await reader.read()
        writer.close()

    tool = await asyncio.start_server(say_nothing, "127.0.0.1", 0)
    host, port = tool.sockets[0].getsockname()
    async with tool, serving(workspace, data, "--tool-server", f"shop={host}:{port}") as server:
        await server.ready()
        desk = Desk(workspace, data, server, tokens)
        for _ in range(3):
            await asyncio.to_thread(desk.run)
        await asyncio.wait_for(called.wait(), SECONDS)
        server.send(signal.SIGINT)
        assert await server.ended() == 0
    assert "waiting for the database" not in server.log


@pytest.mark.requirement("cli.watch-resumes")
async def test_a_watcher_outlives_the_server(workspace: Path, shop: str, tmp_path: Path) -> None:
    data = tmp_path / "data"
    tokens = write_tokens(data / "tokens.json", {"sam": ["submitter"], "lea": ["service_lead"]})
    tools = ("--tool-server", f"shop={shop}")
    async with serving(workspace, data, *tools) as first:
        await first.ready()
        desk = Desk(workspace, data, first, tokens)
        run, approval = await asyncio.to_thread(desk.waiting)
        watcher = await asyncio.create_subprocess_exec(
            *(*ASSENT, "runs", "watch", run, "--json"),
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            env=clean_environ(**desk.environ),
        )
        assert watcher.stdout is not None
        assert watcher.stderr is not None
        events: list[dict[str, str]] = []
        async with asyncio.timeout(SECONDS):
            while not events or events[-1]["event"] != "run.waiting":
                events.append(json.loads(await watcher.stdout.readline()))
        first.send(signal.SIGKILL)
        await first.ended()
        assert b"the connection is lost" in await asyncio.wait_for(watcher.stderr.readline(), SECONDS)
        async with serving(workspace, data, *tools, listen=first.address) as second:
            await second.ready()
            answer = ("approvals", "approve", approval, "--as", "lea", "-m", "fine")
            assert (await asyncio.to_thread(desk, *answer)).code == 0
            rest, _ = await asyncio.wait_for(watcher.communicate(), SECONDS)
            events += [json.loads(line) for line in rest.splitlines()]
            whole = await asyncio.to_thread(desk, "runs", "watch", run, "--json")
    assert watcher.returncode == 0
    told = [(event["seq"], event["event"]) for event in events]
    assert told == [(event["seq"], event["event"]) for event in map(json.loads, whole.out.splitlines())]


@pytest.mark.requirement("cli.one-server-an-executor", "cli.exit-codes")
async def test_two_servers_share_a_data_folder_only_under_different_names(workspace: Path, desk: Desk) -> None:
    async with serving(workspace, desk.data) as same:
        assert await same.ended() == 6
    said = same.log.splitlines()[-1]
    assert "a server with the executor name 'local' runs on this database already" in said
    assert "--executor" in said
    async with serving(workspace, desk.data, "--executor", "second") as other:
        await other.ready()
        assert await asyncio.to_thread(healthy, desk.data, other.address)
    assert await asyncio.to_thread(healthy, desk.data, desk.server.address)


@pytest.mark.requirement("cli.reload")
async def test_sighup_takes_a_sound_workspace_in_and_no_other(workspace: Path, tmp_path: Path) -> None:
    own, data = tmp_path / "own", tmp_path / "data"
    shutil.copytree(workspace, own)
    limits = own / "data/limits.yaml"
    async with serving(own, data) as server:
        await server.ready()
        limits.write_text("refund: [\n", encoding="utf-8")
        server.send(signal.SIGHUP)
        assert "data/limits.yaml:" in await server.logged("the bundle in force stays")
        limits.write_text("refund: {lead_above_eur: 70}\n", encoding="utf-8")
        server.send(signal.SIGHUP)
        await server.logged("the workspace is in force as sha256:")


@pytest.mark.requirement("cli.workspace-faults", "cli.exit-codes")
def test_a_syntax_error_in_a_workspace_is_told_with_file_line_and_reason(workspace: Path, tmp_path: Path) -> None:
    own = tmp_path / "own"
    shutil.copytree(workspace, own)
    rego = own / "policies/process/refund/grants.rego"
    rego.write_text(rego.read_text().replace('input.kind == "plan"', 'input.kind == = "plan"'), encoding="utf-8")
    (own / "agents/service_desk.yaml").write_text("name: service_desk\nmay: [shop.fly\n", encoding="utf-8")
    said = assent("serve", "--workspace", own, "--data", tmp_path / "data")
    assert said.code == 3
    _, first, *faults = said.err.splitlines()
    assert first.startswith(f"error: the workspace {own} has ")
    assert any(line.startswith(f"  {own}/agents/service_desk.yaml:") and "this is not YAML" in line for line in faults)
    assert any(line.startswith(f"  {rego}:15: ") for line in faults), faults


def test_a_folder_that_is_no_workspace_is_told_so(tmp_path: Path) -> None:
    said = assent("serve", "--workspace", tmp_path, "--data", tmp_path / "data")
    assert said.code == 3
    assert f"{tmp_path}/assent.yaml:1: " in said.err


@pytest.mark.requirement("cli.exit-codes")
def test_a_folder_that_does_not_exist_is_told_as_that(tmp_path: Path) -> None:
    said = assent("serve", "--workspace", tmp_path / "none", "--data", tmp_path / "data")
    assert (said.code, said.err.count("\n")) == (4, 1)
    assert said.err.startswith(f"error: --workspace: {tmp_path / 'none'} does not exist; ")


@pytest.mark.requirement("cli.exit-codes")
@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (("--listen", "0.0.0.0:0"), "bearer tokens would go there in the clear"),
        (("--listen", "nowhere"), "is not an address"),
        (("--tls-cert", "x.pem"), "belong together"),
        (("--tool-server", "shop"), "write NAME=HOST:PORT"),
        (("--tool-server", "a=b:1", "--tool-server", "a=b:2"), "named twice"),
        (("--executor", "../x"), "is not an executor name"),
        (("--keep-finished", "59s"), "--keep-finished is too short; give it 1m or more"),
        (("--keep-finished", "0d"), "--keep-finished must be longer than nothing"),
        (("--bogus",), "No such option: --bogus"),
    ],
)
def test_options_that_make_no_sense_are_usage_errors_in_one_line(
    workspace: Path, tmp_path: Path, arguments: tuple[str, ...], why: str
) -> None:
    said = assent("serve", "--workspace", workspace, "--data", tmp_path / "data", *arguments)
    assert (said.code, said.out, said.err.count("\n")) == (2, "", 1)
    assert why in said.err


@pytest.mark.requirement("cli.exit-codes")
def test_without_an_engine_or_a_database_nothing_is_served_and_no_password_shown(
    workspace: Path, tmp_path: Path
) -> None:
    where = ("serve", "--workspace", workspace, "--data", tmp_path / "data")
    engine = assent(*where, ASSENT_OPA_BINARY="/usr/bin/true")
    assert engine.code == 7
    assert engine.err.splitlines()[-1] == "error: /usr/bin/true does not say which version of OPA it is"
    database = assent(*where, "--json", ASSENT_DATABASE_URL="postgresql://ann:hush@127.0.0.1:1/assent")
    assert database.code == 7
    assert "hush" not in database.err + database.out
    assert json.loads(database.err.splitlines()[-1])["error"]["code"] == "DATABASE_UNAVAILABLE"


@pytest.mark.requirement("cli.exit-codes")
def test_a_port_that_is_taken_is_a_conflict(workspace: Path, data: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        said = assent("serve", "--workspace", workspace, "--data", data, "--listen", f"127.0.0.1:{port}")
    assert said.code == 6
    assert said.err.splitlines()[-1].startswith(
        f"error: 127.0.0.1:{port} cannot be listened at: Address already in use; "
    )
    assert left_behind(data) == []


@pytest.mark.requirement("cli.exit-codes")
def test_a_token_file_that_others_can_read_is_not_used(workspace: Path, tmp_path: Path) -> None:
    tokens = tmp_path / "data/tokens.json"
    write_tokens(tokens, {"sam": []})
    tokens.chmod(0o644)
    said = assent("serve", "--workspace", workspace, "--data", tmp_path / "data")
    assert said.code == 5
    assert said.err.splitlines()[-1] == f"error: {tokens} can be read by others; run: chmod 600 {tokens}"
