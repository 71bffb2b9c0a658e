import json
from typing import Any

import grpc
import pytest
from google.protobuf.any_pb2 import Any as AnyMessage
from google.rpc.error_details_pb2 import BadRequest, ErrorInfo
from google.rpc.status_pb2 import Status
from grpc_status import rpc_status

from assent.v1 import audit_pb2
from assent_orchestrator.cli.main import run
from tests.orchestrator.cli.impostor import impostor


@pytest.fixture(autouse=True)
def caller(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ASSENT_TOKEN", "t" * 43)
    for name in ("ASSENT_SERVER", "ASSENT_TENANT", "ASSENT_TLS_CA", "ASSENT_DATA", "ASSENT_TOKEN_FILE"):
        monkeypatch.delenv(name, raising=False)


def aborting(code: grpc.StatusCode, message: str, *details: Any) -> Any:
    def behaviour(_request: Any, context: grpc.ServicerContext) -> Any:
        packed = []
        for detail in details:
            packed.append(AnyMessage())
            packed[-1].Pack(detail)
        status = Status(code=code.value[0], message=message, details=packed)
        context.abort_with_status(rpc_status.to_status(status))

    return behaviour


CODES = [
    ("INVALID_ARGUMENT", 3),
    ("NOT_FOUND", 4),
    ("PERMISSION_DENIED", 5),
    ("UNAUTHENTICATED", 5),
    ("ABORTED", 6),
    ("ALREADY_EXISTS", 6),
    ("FAILED_PRECONDITION", 6),
    ("UNAVAILABLE", 7),
    ("DEADLINE_EXCEEDED", 7),
    ("RESOURCE_EXHAUSTED", 7),
    ("UNIMPLEMENTED", 7),
    ("INTERNAL", 70),
    ("UNKNOWN", 70),
    ("DATA_LOSS", 70),
]


@pytest.mark.requirement("cli.exit-codes", "cli.one-line")
@pytest.mark.parametrize("explained", [True, False])
@pytest.mark.parametrize(("code", "wanted"), CODES)
def test_each_status_has_one_exit_code_and_one_line(
    capsys: pytest.CaptureFixture[str], code: str, wanted: int, explained: bool
) -> None:
    details = (ErrorInfo(reason="SOME_REASON", domain="assent"),) if explained else ()
    answer = aborting(grpc.StatusCode[code], "this is what is wrong", *details)
    with impostor({"RunService.GetRun": answer}) as address:
        assert run(["runs", "show", "x", "--server", address]) == wanted
        said = capsys.readouterr()
        assert (said.out, said.err.count("\n")) == ("", 1)
        assert said.err.startswith("error: this is what is wrong" if explained else "error: ")
        assert explained or "this is what is wrong" not in said.err
        assert run(["runs", "show", "x", "--server", address, "--json"]) == wanted
    error = json.loads(capsys.readouterr().err)
    assert error["exit_code"] == wanted
    assert error["error"]["code"] == ("SOME_REASON" if explained else code)


def test_every_field_that_is_wrong_has_a_line_and_those_that_were_left_out_are_counted(
    capsys: pytest.CaptureFixture[str],
) -> None:
    violations = [
        BadRequest.FieldViolation(field=f"plan.steps[{n}].agent", reason="UNKNOWN_AGENT", description="nobody")
        for n in range(2)
    ]
    info = ErrorInfo(reason="INVALID_PLAN", domain="assent", metadata={"faults": "900", "shown": "2"})
    answer = aborting(
        grpc.StatusCode.INVALID_ARGUMENT, "the plan is bad", info, BadRequest(field_violations=violations)
    )
    with impostor({"RunService.SubmitPlan": answer}) as address:
        assert run(["plan", "run", "--process", "x", "--server", address]) == 3
    assert capsys.readouterr().err.splitlines() == [
        "error: the plan is bad",
        "  steps[0].agent: UNKNOWN_AGENT nobody",
        "  steps[1].agent: UNKNOWN_AGENT nobody",
        "  ... and 898 more",
    ]


def test_a_field_that_is_wrong_is_named_as_what_was_typed(capsys: pytest.CaptureFixture[str]) -> None:
    violations = [
        BadRequest.FieldViolation(field="name", reason="STRING_PATTERN", description="does not match ^tenants/"),
        BadRequest.FieldViolation(field="reason", reason="STRING_MIN_LEN", description="must not be empty"),
    ]
    info = ErrorInfo(reason="INVALID_REQUEST", domain="assent")
    answer = aborting(
        grpc.StatusCode.INVALID_ARGUMENT, "it breaks rules", info, BadRequest(field_violations=violations)
    )
    with impostor({"RunService.PauseRun": answer}) as address:
        assert run(["runs", "pause", "x y", "--reason", "", "--server", address]) == 3
    assert capsys.readouterr().err.splitlines()[1:] == [
        "  the id: STRING_PATTERN write it as lists show it",
        "  --reason: STRING_MIN_LEN must not be empty",
    ]


def test_what_a_server_writes_cannot_steer_the_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    answer = aborting(grpc.StatusCode.NOT_FOUND, "gone\x1b[2J\nerror: fake", ErrorInfo(reason="X", domain="assent"))
    with impostor({"RunService.GetRun": answer}) as address:
        run(["runs", "show", "x", "--server", address])
    said = capsys.readouterr().err
    assert "\x1b" not in said
    assert said.startswith("error: gone\\x1b[2J\\nerror: fake")


@pytest.mark.requirement("cli.one-line")
def test_a_server_that_is_not_there_is_told_with_what_to_do(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["runs", "list", "--server", "127.0.0.1:1"]) == 7
    said = capsys.readouterr().err
    assert said.startswith("error: no Assent server answers at 127.0.0.1:1; start one with assent serve")
    assert said.count("\n") == 1


@pytest.mark.requirement("cli.audit", "cli.exit-codes")
def test_a_trail_that_does_not_hold_is_a_no_that_names_the_first_bad_record(
    capsys: pytest.CaptureFixture[str],
) -> None:
    def broken(_request: Any, _context: Any) -> audit_pb2.VerifyTrailResponse:
        return audit_pb2.VerifyTrailResponse(records=6, intact=False, first_bad_seq=7, problem="HASH: it was changed")

    with impostor({"AuditService.VerifyTrail": broken}) as address:
        assert run(["audit", "verify", "--server", address]) == 1
        assert capsys.readouterr().out == (
            "the trail of local fails at record 7: HASH: it was changed; the 6 records before it hold\n"
        )
        assert run(["audit", "verify", "--server", address, "--json"]) == 1
    assert json.loads(capsys.readouterr().out)["first_bad_seq"] == "7"


@pytest.mark.requirement("cli.one-line")
@pytest.mark.parametrize(
    ("status", "message", "info", "told"),
    [
        ("NOT_FOUND", "there is no such agent", {}, "or you may not see it; assent agents list"),
        ("NOT_FOUND", "there is no such hold", {}, "or you may not see it; assent memory holds --all"),
        ("NOT_FOUND", "there is no such permit", {}, "or you may not see it; assent permits list"),
        ("NOT_FOUND", "there is no such tenant", {}, "name yours with --tenant or ASSENT_TENANT"),
        (
            "FAILED_PRECONDITION",
            "a legal hold is in force; nothing was forgotten",
            {"reason": "HELD", "metadata": {"hold": "h7"}},
            "; assent memory holds shows it, and assent memory lift h7 --reason ... lifts it",
        ),
        (
            "PERMISSION_DENIED",
            "this agent is called in runs, and begins none",
            {"reason": "UNDER_PERMIT_NEEDED"},
            "; it acts while a step of a process calls it, and nobody acts for it",
        ),
        (
            "PERMISSION_DENIED",
            "an agent asks for itself only",
            {"reason": "NOT_THIS_AGENT"},
            "; ask as the agent that acts",
        ),
        (
            "PERMISSION_DENIED",
            "you may not answer this approval: the role cfo or duty may",
            {"reason": "FORBIDDEN", "metadata": {"reason": "ROLE_MISSING", "roles": "cfo or duty", "alone": "duty"}},
            "say with --for in whose place; or approve it alone with --break-glass, as the role duty may",
        ),
        (
            "PERMISSION_DENIED",
            "people say this, not agents",
            {"reason": "AGENT_MAY_NOT_ANSWER"},
            "; have a person do it",
        ),
        (
            "PERMISSION_DENIED",
            "this server has no policies for your tenant",
            {"reason": "UNKNOWN_TENANT"},
            "; ask who operates it, or name another server with --server",
        ),
        (
            "ALREADY_EXISTS",
            "this request id was used for something else",
            {"reason": "REQUEST_ID_REUSED"},
            "; take another --request-id, or ask for the same as with it before",
        ),
        (
            "INVALID_ARGUMENT",
            "the plan has 1 fault; nothing was stored",
            {"reason": "UNKNOWN_PROCESS"},
            "; assent process list shows which there are",
        ),
    ],
)
def test_what_to_do_goes_with_what_is_wrong(
    capsys: pytest.CaptureFixture[str], status: str, message: str, info: dict[str, Any], told: str
) -> None:
    answer = aborting(grpc.StatusCode[status], message, ErrorInfo(**{"reason": "X", "domain": "assent", **info}))
    with impostor({"RunService.GetRun": answer}) as address:
        run(["runs", "show", "x", "--server", address])
    said = capsys.readouterr().err
    assert said.startswith(f"error: {message}")
    assert told in said
    assert "ask somebody who may" not in said
    assert "list what there is" not in said
