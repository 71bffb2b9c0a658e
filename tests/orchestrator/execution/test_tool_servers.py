"""Tool servers that misbehave, over real gRPC: what is known of the effect is never more than what is true."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import grpc
import pytest
import sqlalchemy as sa
from google.protobuf.struct_pb2 import Struct, Value
from ruamel.yaml import YAML

from assent.tool.v1 import tools_pb2
from assent_orchestrator.tools.outcome import Description
from assent_orchestrator.tools.server import ToolServers
from tests.orchestrator.execution.conftest import MakeWorld
from tests.orchestrator.tools.tool_server import Behaviour, Context, Tools, hang, serving

CASES: list[dict[str, Any]] = YAML(typ="safe").load(Path(__file__).parents[2] / "cases/tool_servers/answers.yaml")


def _result(**fields: Value) -> bytes:
    value = Value(struct_value=Struct(fields=fields))
    return tools_pb2.InvokeResponse(result=value).SerializeToString()


ONE, TEXT = Value(number_value=1), Value(string_value="one")
GOOD = _result(n=ONE)
FAILURE = tools_pb2.InvokeResponse(failure=tools_pb2.Failure(code="LATER")).SerializeToString()
SAID: Mapping[str, bytes] = {
    "ten megabytes": _result(n=Value(string_value="x" * 10 * 1024 * 1024)),
    "NaN": _result(n=Value(number_value=float("nan"))),
    "infinity": _result(n=Value(number_value=float("inf"))),
    "wrong schema": _result(n=TEXT),
    "two results": GOOD + _result(n=TEXT),
    "a result and a failure": GOOD + FAILURE,
    "garbage": b"\xff\xfe garbage",
}
DONE = tools_pb2.LOOKUP_STATE_DONE
FOUND: Mapping[str, tools_pb2.LookupResponse | bytes] = {
    "done": tools_pb2.LookupResponse(state=DONE, result=Value(struct_value=Struct(fields={"n": ONE}))),
    "done with NaN": tools_pb2.LookupResponse(state=DONE, result=Value(number_value=float("nan"))),
    "done with a text": tools_pb2.LookupResponse(state=DONE, result=TEXT),
    "garbage": b"\xff\xff",
    "not done": tools_pb2.LookupResponse(state=tools_pb2.LOOKUP_STATE_NOT_DONE),
    "unknown": tools_pb2.LookupResponse(),
}


async def hang_up(request: tools_pb2.InvokeRequest, context: Context) -> tools_pb2.InvokeResponse:
    del request
    await context.abort(grpc.StatusCode.UNAVAILABLE, "gone")
    raise AssertionError


def behaviour(answer: str, tools: Tools) -> Behaviour:
    async def say(request: tools_pb2.InvokeRequest, context: Context) -> tools_pb2.InvokeResponse | bytes:
        del request, context
        return SAID[answer]

    async def hang_up_once(request: tools_pb2.InvokeRequest, context: Context) -> tools_pb2.InvokeResponse | bytes:
        return await hang_up(request, context) if len(tools.asked) == 1 else GOOD

    named: Mapping[str, Callable[..., Any]] = {"nothing": hang, "hangs up": hang_up, "hangs up once": hang_up_once}
    return named.get(answer, say)


@pytest.mark.requirement("orchestrator.bad-tool-servers")
@pytest.mark.parametrize("case", CASES, ids=lambda case: case["case"])
async def test_a_tool_server_that_answers(
    case: Mapping[str, Any], make_world: MakeWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("assent_orchestrator.execution.outcome.LOOKUP_TRIES", 2)
    tools = Tools()
    tools.behaviour = behaviour(case["answer"], tools)
    tools.found = FOUND[case.get("lookup", "unknown")]  # type: ignore[assignment] # bytes go out as they are
    # Where nothing answers, that is waited out; elsewhere no answer is late, whatever else the machine has to do.
    deadline = "1s" if case["answer"] == "nothing" else "30s"
    async with serving(tools):
        servers = ToolServers({"box": tools.address})
        try:
            world = await make_world(
                [
                    {"id": "only", "action": f"box.{case['operation']}", "deadline": deadline},
                    {
                        "id": "then",
                        "action": "box.put",
                        "deadline": deadline,
                        "args": {"n": {"$ref": "steps.only.output.n"}},
                    },
                ]
            )
            object.__setattr__(world.parts, "tools", servers)
            assert isinstance(await servers.describe("box"), Description), "it is connected before time runs"
            run = await world.submit()
            if case["step"] == "unknown":
                await world.until(run, "run.waiting", within=40)
                view = await world.runs.get(world.alice, run)
            else:
                view = await world.end_of(run, within=40)
            only, then = view.steps
            async with world.parts.engine.connect() as tx:
                query = sa.text("SELECT status FROM assent.effects WHERE run_id = :run AND step_id = 'only'")
                effect = (await tx.execute(query, {"run": run})).scalar_one()
            calls = [request for request in tools.asked if request.operation == case["operation"]]
            assert (str(only.state), effect, len(calls)) == (case["step"], case["effect"], case["calls"])
            assert only.reason == case.get("reason", only.reason)
            assert len({request.idempotency_key for request in calls}) == 1
            # What was not taken for a result is passed on to nobody.
            assert (only.output is None) == (case["step"] != "succeeded")
            assert (str(then.state) in ("succeeded", "dispatched")) == (case["step"] == "succeeded")
        finally:
            await servers.close()
