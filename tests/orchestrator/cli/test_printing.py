import json
import logging
import re
import sys
from datetime import UTC, datetime

import pytest
from google.protobuf.duration_pb2 import Duration
from google.protobuf.struct_pb2 import Struct

from assent.v1 import approvals_pb2, decisions_pb2, runs_pb2
from assent.v1.plans_pb2 import LabelSet
from assent_orchestrator.cli import finding
from assent_orchestrator.cli.approval_card import show_approval
from assent_orchestrator.cli.approvals import ApprovalState
from assent_orchestrator.cli.log import JsonLines, TextLines, one_line
from assent_orchestrator.cli.printing import clock_time, json_of, length, table, value_lines, word


def test_values_that_could_deceive_an_approver_are_written_out(capsys: pytest.CaptureFixture[str]) -> None:
    arguments = Struct()
    arguments.update(
        {"amount": 5, "text": "Dear Ada,\nyours\x1b[8m hidden \u202e reversed", "more": {"n": [1.5, True]}}
    )
    approval = approvals_pb2.Approval(
        name="tenants/t/approvals/a",
        action="shop.refund",
        arguments=arguments,
        labels={"/text": LabelSet(labels=["pii"]), "/iban": LabelSet(labels=["confidential"])},
    )
    show_approval(approval)
    shown = capsys.readouterr().out
    assert "\x1b" not in shown
    assert "\u202e" not in shown
    assert "amount  5" in shown
    assert "text    Dear Ada,  [pii]" in shown
    assert "│ yours\\x1b[8m hidden \\u202e reversed" in shown
    assert "/iban  is not shown  [confidential]" in shown


def test_lines_stay_lines() -> None:
    assert one_line("a\nb\r\tc\u2028d é 漢") == "a\\nb\\r\\tc\\u2028d é 漢"
    assert value_lines({"a": "x\ny"}) == ["{", '  "a": "x\\ny"', "}"]


@pytest.mark.parametrize(
    ("duration", "written"),
    [
        (Duration(seconds=259200), "72h"),
        (Duration(seconds=30 * 86400), "30d"),
        (Duration(seconds=90), "90s"),
        (Duration(seconds=120), "2m"),
        (Duration(nanos=500_000_000), "500ms"),
        (Duration(), "0ms"),
    ],
)
def test_lengths_of_time_are_written_as_policies_write_them(duration: Duration, written: str) -> None:
    assert length(duration) == written


def test_columns_in_which_nothing_stands_are_left_out(capsys: pytest.CaptureFixture[str]) -> None:
    table(("A", "B", "C"), [("1", "", "[red]x"), ("2", "", "")])
    assert [line.split() for line in capsys.readouterr().out.splitlines()] == [["A", "C"], ["1", "[red]x"], ["2"]]


@pytest.mark.parametrize("width", [40, 60, 80, 100, 120])
def test_no_terminal_is_so_narrow_that_something_is_cut_off(
    width: int, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    monkeypatch.setenv("COLUMNS", str(width))
    row = ("f" * 32, "refund", "waiting", "ORDER_BLOCKED (LEG-01), REFUND_STEP (SRV-02)", "2026-11-23 05:43:06Z")
    table(("RUN", "PROCESS", "STATE", "BECAUSE", "SINCE"), [row, row])
    shown = re.sub(r"\x1b\[[0-9;]*m", "", capsys.readouterr().out)
    for cell in (row[0], row[1], row[2], "ORDER_BLOCKED", "(SRV-02)", row[4]):
        assert shown.count(cell) == 2
    assert max(len(line) for line in shown.splitlines()) <= width


def test_a_line_in_a_pipe_is_one_row_however_long_it_is(capsys: pytest.CaptureFixture[str]) -> None:
    table(("A", "BECAUSE"), [("x" * 200, "y " * 200)])
    assert len(capsys.readouterr().out.splitlines()) == 2


def test_every_obligation_has_words() -> None:
    kinds = decisions_pb2.Obligation.DESCRIPTOR.oneofs_by_name["kind"].fields
    for kind in kinds:
        made = decisions_pb2.Obligation()
        getattr(made, kind.name).SetInParent()
        assert finding.obligation_line(made).startswith(kind.name)


def test_every_verdict_and_state_is_a_word_of_the_contract() -> None:
    assert [word(decisions_pb2.Verdict, one, "VERDICT") for one in decisions_pb2.Verdict.values()] == [
        "", "allow", "defer", "require_approval", "deny", "halt",
    ]  # fmt: skip
    wired = {word(approvals_pb2.ApprovalState, one, "APPROVAL_STATE") for one in approvals_pb2.ApprovalState.values()}
    assert wired == {"", *ApprovalState}


def test_an_approval_requirement_is_told_whole() -> None:
    wanted = decisions_pb2.ApprovalRequirement
    requirement = wanted(
        stages=[
            decisions_pb2.ApprovalStage(role="lead", quorum=2),
            decisions_pb2.ApprovalStage(role="cfo", quorum=1, substitutes=["controller"]),
        ],
        excluded=[wanted.EXCLUDED_PRINCIPAL, wanted.EXCLUDED_PLAN_AUTHOR],
        escalations=[decisions_pb2.Escalation(after=Duration(seconds=86400), role="ceo")],
        on_expiry=wanted.EXPIRY_ESCALATE,
        editable=["/amount"],
        order=wanted.ORDER_PARALLEL,
        mask=["/iban"],
        mask_labels=["pii"],
        remind=Duration(seconds=7200),
        break_glass=decisions_pb2.BreakGlass(
            roles=["duty"], review=decisions_pb2.ApprovalReview(role="audit", within=Duration(seconds=3600))
        ),
    )
    assert finding.requirement_lines(requirement) == [
        "2 x lead, and 1 x cfo or controller",
        "but not the principal, the plan author",
        "after 24h also ceo",
        "who may change /amount",
        "who is not shown /iban, what is pii",
        "or, when there is no other way, duty alone; audit reviews it within 1h",
        "reminded every 2h",
        "without an answer in time somebody else is asked",
    ]


def test_json_has_the_names_of_the_proto_every_plain_field_and_whole_numbers() -> None:
    run = runs_pb2.Run(name="n", state=runs_pb2.RUN_STATE_WAITING)
    run.steps.add(id="a").output.struct_value.update({"n": 3.0, "x": 1.5})
    content = json_of(run)
    assert content["state"] == "RUN_STATE_WAITING"
    assert content["reason"] == ""
    assert json.dumps(content["steps"][0]["output"], sort_keys=True) == '{"n": 3, "x": 1.5}'
    assert "plan_digest" in content


def test_times_of_day_are_utc_to_the_millisecond() -> None:
    assert clock_time(datetime(2026, 1, 2, 3, 4, 5, 678999, UTC)) == "03:04:05.678"


@pytest.mark.parametrize("formatter", [TextLines(), JsonLines()])
def test_a_record_of_the_log_is_one_line_with_its_trace(formatter: logging.Formatter) -> None:
    record = logging.makeLogRecord(
        {"name": "assent", "levelname": "INFO", "msg": "a\nb %s", "args": ("c",), "trace_id": "f" * 32, "pid": 7}
    )
    error = ValueError("first\nsecond")
    record.exc_info = (type(error), error, None)
    line = formatter.format(record)
    assert "\n" not in line
    assert "f" * 32 in line
    assert "ValueError" in line
    assert "a\\nb c" in line
