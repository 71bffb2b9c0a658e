"""``assent approvals report`` in words and as JSON, and for whom it is not."""

import pytest
from google.protobuf.json_format import ParseDict

from assent.v1 import approval_reports_pb2 as wire
from assent_orchestrator.cli.approvals_report import show_report
from tests.orchestrator.cli.program import Desk

GLASS = {"approval": "tenants/a/approvals/a1", "process": "renewal", "step": "pay", "approver": "gus"}
WHOLE = {
    "unread_under": "10s",
    "processes": [{"process": "renewal", "asked": 9, "expired": 1, "put_again": 3}],
    "promptness": [{"process": "renewal", "role": "director", "answers": 8, "median": "75s", "p90": "93600s"}],
    "approvers": [
        {"approver": "dana", "answers": 7, "approved": 6, "hasty": 3, "reading": "4.250s"},
        {"approver": "dora", "answers": 1, "unopened": 1},
    ],
    "pairs": [{"approver": "dana", "principal": "sam", "answers": 7, "approved": 6, "unread": 3}],
    "broken_glass": [
        GLASS,
        {**GLASS, "overdue": True},
        {**GLASS, "review_time": "2026-01-01T00:00:00Z"},
        {**GLASS, "review_time": "2026-01-01T00:00:00Z", "overdue": True, "found_fault": True},
    ],
    "cut": True,
}


@pytest.mark.requirement("orchestrator.approvals-report")
def test_the_report_is_for_auditors_and_names_who_answered_without_reading(desk: Desk) -> None:
    run, approval = desk.waiting()
    said = desk("approvals", "approve", approval, "--as", "lea", "--rationale", "damaged on its way")
    assert said.code == 0, said.err
    assert desk("runs", "watch", run).code == 0
    report = desk("approvals", "report", "--as", "olga", "--process", "refund", "--unread-under", "1m")
    assert report.code == 0, report.err
    lines = [line.split() for line in report.out.splitlines()]
    head = next(at for at, line in enumerate(lines) if line[:2] == ["WHO", "ANSWERS"])
    assert lines[head][-2:] == ["READS", "FOR"]
    assert next(line for line in lines[head:] if line[:1] == ["lea"])[-2] != "0", "it was approved as soon as shown"
    assert "how they read; hasty is sooner than 1m 00s after opening" in report.out
    assert any(line[:2] == ["lea", "sam"] for line in lines)
    told = desk("approvals", "report", "--as", "olga", "--json").json
    assert {one["process"] for one in told["processes"]} == {"refund"}
    assert any(one["approver"] == "lea" and int(one["hasty"]) >= 1 for one in told["approvers"])


@pytest.mark.requirement("orchestrator.approvals-report", "cli.exit-codes")
def test_the_report_is_not_for_everybody_and_not_about_nothing(desk: Desk) -> None:
    assert desk("approvals", "report", "--as", "lea").code == 5
    assert desk("approvals", "report", "--as", "olga", "--process", "other").out.endswith("nobody was asked anything\n")
    wrong = desk("approvals", "report", "--as", "olga", "--unread-under", "soon")
    assert (wrong.code, wrong.err) == (2, "error: --unread-under: 'soon' is no duration; write 24h, 90m or 30s\n")


@pytest.mark.requirement("orchestrator.approvals-report", "orchestrator.approvals-report-glass")
def test_everything_of_a_report_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    show_report(ParseDict(WHOLE, wire.ApprovalReport()))
    lines = [" ".join(line.split()) for line in capsys.readouterr().out.splitlines()]
    for line in (
        "PROCESS ASKED EXPIRED PUT AGAIN",
        "renewal 9 1 3",
        "renewal director 8 1m 15s 1d 2h",
        "dana 7 6 3 4.2s",
        "dora 1 1",
        "dana sam 7 6 3",
        "a1 renewal/pay gus to be done",
        "a1 renewal/pay gus overdue",
        "a1 renewal/pay gus found no fault",
        "a1 renewal/pay gus found fault, late",
        "of some lists only the first rows are told; ask about one process, or a shorter time",
    ):
        assert line in lines, lines
