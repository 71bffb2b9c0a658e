"""Whatever goes wrong with a call, what is known about its effect is never more than what is true."""

import asyncio
import socket
import sys
from pathlib import Path

import grpc
import pytest
from google.protobuf.struct_pb2 import Struct, Value

from assent.tool.v1 import tools_pb2, tools_pb2_grpc
from assent_orchestrator.tools.address import is_local
from assent_orchestrator.tools.answer import MAX_RESULT_BYTES
from assent_orchestrator.tools.outcome import Failure, Found, Success
from assent_orchestrator.tools.server import ToolServers
from assent_sidecar.facts import Effect
from tests.orchestrator.tools import tool_server
from tests.orchestrator.tools.actions import permit_for, update
from tests.orchestrator.tools.tool_server import Context, Tools

BOTH: list[tuple[Effect, str]] = [("write", "unknown"), ("irreversible", "unknown"), ("read", "none")]
effects = pytest.mark.parametrize(("kind", "effect"), BOTH)


async def invoke(servers: ToolServers, kind: Effect = "write", within: float = 5.0) -> Success | Failure:
    action = update(kind)
    return await servers.invoke(permit_for(action), action, tool_server="company", timeout=within)


async def failed(servers: ToolServers, kind: Effect = "write", within: float = 5.0) -> Failure:
    answer = await invoke(servers, kind, within)
    assert isinstance(answer, Failure), answer
    return answer


@effects
@pytest.mark.requirement("orchestrator.tool-lost-answer-is-unknown")
async def test_a_tool_that_hangs_may_have_done_it(tools: Tools, servers: ToolServers, kind, effect) -> None:
    assert isinstance(await invoke(servers), Success), "so that it is connected, and its time is not spent on that"
    tools.behaviour = tool_server.hang
    answer = await failed(servers, kind, 0.3)
    assert (answer.code, answer.effect, answer.retryable) == ("TOOL_TIMEOUT", effect, True)


@effects
@pytest.mark.requirement("orchestrator.tool-lost-answer-is-unknown")
async def test_a_tool_server_that_dies_under_the_call_may_have_done_it(kind, effect) -> None:
    program = Path(tool_server.__file__)
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "tests.orchestrator.tools.tool_server",
        cwd=program.parents[3],
        stdout=asyncio.subprocess.PIPE,
    )
    assert process.stdout is not None
    address = (await asyncio.wait_for(process.stdout.readline(), 30)).decode().strip()
    servers = ToolServers({"company": address})
    try:
        answer = await failed(servers, kind)
        assert (answer.code, answer.effect, answer.retryable) == ("TOOL_LOST", effect, True)
        assert await asyncio.wait_for(process.wait(), 30) == 1
        later = await failed(servers, kind)
        while later.code == "TOOL_LOST":  # as long as nobody noticed that the connection is gone
            assert later.effect == effect
            later = await failed(servers, kind)
        assert (later.code, later.effect) == ("TOOL_UNAVAILABLE", "none")
    finally:
        await servers.close()


@effects
async def test_nobody_listening_means_that_nothing_happened(kind, effect) -> None:
    del effect
    with socket.socket() as taken:  # and does not listen: nobody else gets the port meanwhile
        taken.bind(("127.0.0.1", 0))
        servers = ToolServers({"company": f"127.0.0.1:{taken.getsockname()[1]}"})
        answer = await failed(servers, kind)
        again = await failed(servers, kind, 0.2)
        await servers.close()
    for one in (answer, again):
        assert (one.code, one.effect, one.retryable) == ("TOOL_UNAVAILABLE", "none", True)


async def test_a_server_that_comes_back_is_found_again() -> None:
    with socket.socket() as taken:  # and does not listen: nobody else gets the port meanwhile
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        taken.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        servers = ToolServers({"company": address})
        assert (await failed(servers)).code == "TOOL_UNAVAILABLE"
        server = grpc.aio.server()
        tools_pb2_grpc.add_ToolServiceServicer_to_server(Tools(), server)
        server.add_insecure_port(address)
        await server.start()
        answer = await invoke(servers)
        await servers.close()
        await server.stop(None)
    assert isinstance(answer, Success)


async def test_a_listener_that_never_speaks_has_done_nothing() -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        servers = ToolServers({"company": f"127.0.0.1:{silent.getsockname()[1]}"})
        answer = await failed(servers, within=0.3)
        await servers.close()
    assert (answer.code, answer.effect) == ("TOOL_UNAVAILABLE", "none")


async def test_a_tool_server_without_an_address_is_named(servers: ToolServers) -> None:
    action = update()
    answer = await servers.invoke(permit_for(action), action, tool_server="nobody", timeout=1)
    assert isinstance(answer, Failure)
    assert (answer.code, answer.effect, answer.retryable) == ("TOOL_SERVER_UNKNOWN", "none", False)
    assert "nobody" in answer.message


def _varint(number: int) -> bytes:
    low, rest = number & 0x7F, number >> 7
    return bytes([low | 0x80]) + _varint(rest) if rest else bytes([low])


def _nested(depth: int) -> bytes:
    """Return a result of lists within lists, as it travels: Python's own protobuf would not make one this deep."""
    value = Value(number_value=1).SerializeToString()
    for field in [b"\x0a", b"\x32"] * depth + [b"\x0a"]:  # ListValue.values, Value.list_value; InvokeResponse.result
        value = field + _varint(len(value)) + value
    return value


UNUSABLE = {
    "garbage": b"\xff\xfe garbage",
    "cut short": tools_pb2.InvokeResponse(result=Value(string_value="x" * 100)).SerializeToString()[:20],
    "nothing": b"",
    "another type": tools_pb2.DescribeRequest().SerializeToString() or b"\x7a\x02hi",
    "a result that is not set": tools_pb2.InvokeResponse(result=Value()).SerializeToString(),
    "NaN": tools_pb2.InvokeResponse(result=Value(number_value=float("nan"))).SerializeToString(),
    "infinity inside": tools_pb2.InvokeResponse(
        result=Value(struct_value=Struct(fields={"a": Value(number_value=float("inf"))}))
    ).SerializeToString(),
    "NUL in a text": tools_pb2.InvokeResponse(result=Value(string_value="a\0b")).SerializeToString(),
    "NUL in a key": tools_pb2.InvokeResponse(
        result=Value(struct_value=Struct(fields={"\0": Value(bool_value=True)}))
    ).SerializeToString(),
    "too deep": _nested(40),
    "far too deep": _nested(500),
    "too large": tools_pb2.InvokeResponse(result=Value(string_value="x" * MAX_RESULT_BYTES)).SerializeToString(),
}


@effects
@pytest.mark.parametrize("name", UNUSABLE)
@pytest.mark.requirement("orchestrator.tool-answer-not-trusted")
async def test_an_answer_that_cannot_be_used_is_no_success(
    tools: Tools, servers: ToolServers, name: str, kind, effect
) -> None:
    async def answer(request: tools_pb2.InvokeRequest, context: Context) -> bytes:
        del request, context
        return UNUSABLE[name]

    tools.behaviour = answer
    got = await failed(servers, kind)
    assert (got.code, got.effect, got.retryable) == ("RESULT_INVALID", effect, False)


@effects
@pytest.mark.requirement("orchestrator.tool-answer-not-trusted")
async def test_ten_megabytes_are_not_taken_in(tools: Tools, servers: ToolServers, kind, effect) -> None:
    async def answer(request: tools_pb2.InvokeRequest, context: Context) -> tools_pb2.InvokeResponse:
        del request, context
        return tools_pb2.InvokeResponse(result=Value(string_value="x" * 10 * 1024 * 1024))

    tools.behaviour = answer
    got = await failed(servers, kind)
    assert (got.code, got.effect, got.retryable) == ("TOOL_EXHAUSTED", effect, False)
    tools.behaviour = tool_server.echo
    assert isinstance(await invoke(servers), Success)


async def test_arguments_too_large_for_a_message_are_not_sent(tools: Tools, servers: ToolServers) -> None:
    action = update(text="x" * 5 * 1024 * 1024)
    answer = await servers.invoke(permit_for(action), action, tool_server="company", timeout=5)
    assert isinstance(answer, Failure)
    assert (answer.code, answer.effect) == ("ARGUMENTS_TOO_LARGE", "none")
    assert not tools.asked


@pytest.mark.parametrize(
    ("said", "kind", "wanted"),
    [
        (
            tools_pb2.Failure(code="RATE_LIMIT", message="later", retryable=True, effect=tools_pb2.FAILURE_EFFECT_NONE),
            "write",
            Failure("RATE_LIMIT", "later", retryable=True, effect="none"),
        ),
        (
            tools_pb2.Failure(code="BROKEN", retryable=True, effect=tools_pb2.FAILURE_EFFECT_UNKNOWN),
            "write",
            Failure("BROKEN", "", retryable=True, effect="unknown"),
        ),
        (tools_pb2.Failure(code="SILENT"), "write", Failure("SILENT", "", retryable=False, effect="unknown")),
        (tools_pb2.Failure(code="SILENT"), "read", Failure("SILENT", "", retryable=False, effect="none")),
        (
            tools_pb2.Failure(code="not a code: <b>", message="x" * 9999),
            "write",
            Failure("TOOL_ERROR", "x" * 500, retryable=False, effect="unknown"),
        ),
    ],
)
@pytest.mark.requirement("orchestrator.tool-lost-answer-is-unknown")
async def test_what_a_tool_says_of_its_failure_is_kept_within_bounds(
    tools: Tools, servers: ToolServers, said: tools_pb2.Failure, kind: Effect, wanted: Failure
) -> None:
    async def fail(request: tools_pb2.InvokeRequest, context: Context) -> tools_pb2.InvokeResponse:
        del request, context
        return tools_pb2.InvokeResponse(failure=said)

    tools.behaviour = fail
    assert await failed(servers, kind) == wanted


@pytest.mark.parametrize(
    ("status", "code", "effect"),
    [
        (grpc.StatusCode.UNIMPLEMENTED, "TOOL_UNIMPLEMENTED", "none"),
        (grpc.StatusCode.PERMISSION_DENIED, "TOOL_REFUSED", "none"),
        (grpc.StatusCode.UNAUTHENTICATED, "TOOL_REFUSED", "none"),
        (grpc.StatusCode.INVALID_ARGUMENT, "TOOL_ERROR", "unknown"),
        (grpc.StatusCode.INTERNAL, "TOOL_ERROR", "unknown"),
        (grpc.StatusCode.UNAVAILABLE, "TOOL_LOST", "unknown"),
        (grpc.StatusCode.DEADLINE_EXCEEDED, "TOOL_TIMEOUT", "unknown"),
    ],
)
async def test_a_status_says_only_what_it_says(
    tools: Tools, servers: ToolServers, status: grpc.StatusCode, code: str, effect: str
) -> None:
    async def abort(request: tools_pb2.InvokeRequest, context: Context) -> tools_pb2.InvokeResponse:
        del request
        await context.abort(status, "a secret: hunter2")
        raise AssertionError

    tools.behaviour = abort
    answer = await failed(servers)
    assert (answer.code, answer.effect) == (code, effect)
    assert "hunter2" not in answer.message


async def _waiting(tools: Tools, servers: ToolServers) -> "asyncio.Task[Success | Failure]":
    tools.behaviour = tool_server.hang
    call = asyncio.create_task(invoke(servers, within=30))
    await asyncio.wait_for(tools.called.wait(), 30)
    return call


@pytest.mark.requirement("orchestrator.tool-lost-answer-is-unknown")
async def test_closing_under_a_call_leaves_its_effect_unknown(tools: Tools, servers: ToolServers) -> None:
    call = await _waiting(tools, servers)
    await servers.close()
    answer = await asyncio.wait_for(call, 30)
    assert isinstance(answer, Failure)
    assert (answer.code, answer.effect) == ("TOOL_LOST", "unknown")
    later = await failed(servers)
    assert (later.code, later.effect) == ("TOOL_UNAVAILABLE", "none")


async def test_who_calls_can_be_cancelled(tools: Tools, servers: ToolServers) -> None:
    call = await _waiting(tools, servers)
    call.cancel()
    with pytest.raises(asyncio.CancelledError):
        await call


@pytest.mark.parametrize(
    ("said", "wanted"),
    [
        (
            tools_pb2.LookupResponse(state=tools_pb2.LOOKUP_STATE_DONE, result=Value(number_value=3)),
            Found("done", 3),
        ),
        (tools_pb2.LookupResponse(state=tools_pb2.LOOKUP_STATE_NOT_DONE), Found("not_done")),
        (tools_pb2.LookupResponse(state=tools_pb2.LOOKUP_STATE_UNKNOWN), Found("unknown")),
        (tools_pb2.LookupResponse(), Found("unknown")),
        (tools_pb2.LookupResponse(state=tools_pb2.LOOKUP_STATE_DONE), Found("unknown")),
        (
            tools_pb2.LookupResponse(state=tools_pb2.LOOKUP_STATE_DONE, result=Value(number_value=float("nan"))),
            Found("unknown"),
        ),
        (b"\xff\xff", Found("unknown")),
    ],
)
@pytest.mark.requirement("orchestrator.tool-lookup-resolves-unknown")
async def test_looking_up_an_effect_never_guesses(tools: Tools, servers: ToolServers, said, wanted: Found) -> None:
    tools.found = said
    assert await servers.lookup("key-1", update(), tool_server="company", timeout=5) == wanted


@pytest.mark.requirement("orchestrator.tool-lookup-resolves-unknown")
async def test_looking_up_where_nobody_answers_says_unknown(servers: ToolServers) -> None:
    assert await servers.lookup("key-1", update(), tool_server="nobody", timeout=5) == Found("unknown")


async def test_a_tool_server_describes_itself(tools: Tools, servers: ToolServers) -> None:
    del tools
    described = await servers.describe("company")
    assert not isinstance(described, Failure)
    assert (described.name, described.version) == ("the company", "1.2")
    [operation] = described.operations
    assert (operation.action, operation.effect, operation.idempotent) == ("crm.update", "write", True)
    assert isinstance(await servers.describe("nobody"), Failure)


async def test_calls_to_one_server_do_not_wait_for_each_other(tools: Tools, servers: ToolServers) -> None:
    together = asyncio.Barrier(20)

    async def meet(request: tools_pb2.InvokeRequest, context: Context) -> tools_pb2.InvokeResponse:
        await together.wait()
        return await tool_server.echo(request, context)

    tools.behaviour = meet
    answers = await asyncio.wait_for(asyncio.gather(*(invoke(servers) for _ in range(20))), 30)
    assert all(isinstance(answer, Success) for answer in answers)


async def test_a_server_of_another_kind_refuses() -> None:
    server = grpc.aio.server()
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    servers = ToolServers({"company": f"127.0.0.1:{port}"})
    answer = await failed(servers)
    found = await servers.lookup("key-1", update(), tool_server="company", timeout=5)
    await servers.close()
    await server.stop(None)
    assert (answer.code, answer.effect) == ("TOOL_UNIMPLEMENTED", "none")
    assert found == Found("never"), "there is no point in asking again"


def test_what_leaves_the_machine_is_encrypted_unless_said_otherwise(tmp_path: Path) -> None:
    assert all(map(is_local, ["127.0.0.1:1", "localhost:1", "[::1]:1", f"unix:{tmp_path}/x"]))
    assert not any(
        map(is_local, ["10.0.0.1:1", "tools.example:443", "dns:///127.0.0.1.example:1", "localhost.example:1"])
    )
