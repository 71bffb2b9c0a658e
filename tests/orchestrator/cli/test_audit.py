import hashlib
import json

import pytest

from assent.v1 import audit_pb2
from assent_orchestrator.cli.audit import show_record
from tests.orchestrator.cli.program import Desk


@pytest.mark.requirement("cli.audit")
def test_the_timeline_says_when_what_why_and_where_it_is_proven(desk: Desk, finished: str) -> None:
    said = desk("audit", "show", finished)
    assert said.code == 0, said.err
    run = desk("runs", "show", finished, "--json").json
    for part in (
        "run.created",
        "decision.made",
        "action.intended",
        "dispatched -> succeeded",
        "REFUND_STEP (",
        "SRV-02",
    ):
        assert part in said.out
    for step in run["steps"]:
        assert f"decision {step['decision']['decision_id']}" in said.out
    assert said.out.count("  hash ") == said.out.count("  trace ")


@pytest.mark.requirement("cli.audit")
def test_the_records_are_the_very_bytes_that_were_hashed(desk: Desk, finished: str) -> None:
    listed = desk("audit", "show", finished, "--json").json["audit_records"]
    lines = desk("audit", "show", finished, "--records").out.splitlines()
    assert [record["hash"] for record in listed] == [
        f"sha256:{hashlib.sha256(line.encode()).hexdigest()}" for line in lines
    ]
    assert {json.loads(line)["run"] for line in lines} == {finished}


@pytest.mark.requirement("cli.audit")
def test_what_happened_outside_of_runs_and_what_has_a_decision_is_listed(desk: Desk, finished: str) -> None:
    said = desk("audit", "list", "--event", "policy.*", "--as", "olga")
    assert said.code == 0, said.err
    for part in ("policy.activated", "  cause start", "  revision sha256:", "  rationale "):
        assert part in said.out
    decision = desk("runs", "show", finished, "--json").json["steps"][0]["decision"]["decision_id"]
    listed = desk("audit", "list", "--decision", decision, "--as", "olga", "--json").json["audit_records"]
    assert {(one["record"]["run"], one["record"]["decision"]["id"]) for one in listed} == {(finished, decision)}
    first, second = desk("audit", "list", "--as", "olga", "--limit", "2", "--json").json["audit_records"]
    assert (first["seq"], second["seq"]) == ("1", "2")
    assert desk("audit", "list", "--event", "none.such", "--as", "olga").out == "no records\n"
    own = desk("audit", "list", "--run", finished)
    assert (own.code, "run.succeeded" in own.out) == (0, True)
    assert desk("audit", "list").code == 5


@pytest.mark.requirement("cli.audit")
def test_the_trail_is_proven(desk: Desk, finished: str) -> None:
    said = desk("audit", "verify", "--as", "olga", "--json")
    assert (said.code, said.json["intact"]) == (0, True)
    assert int(said.json["records"]) > 10
    assert "is ok: " in desk("audit", "verify", "--as", "olga").out
    assert finished


@pytest.mark.requirement("cli.audit")
def test_a_head_that_was_noted_is_proven_to_be_there_still(desk: Desk, finished: str) -> None:
    told = desk("audit", "verify", "--as", "olga").out.splitlines()
    head = next(line.split()[1] for line in told if line.startswith("  head "))
    desk.run()
    again = desk("audit", "verify", "--as", "olga", "--head", head)
    assert (again.code, "it has the head that was noted, and " in again.out) == (0, True)
    seq = head.partition(":")[0]
    other = desk("audit", "verify", "--as", "olga", "--head", f"{seq}:sha256:{'0' * 64}")
    assert (other.code, f"at record {seq}: REWRITTEN" in other.out) == (1, True)
    assert desk("audit", "verify", "--as", "olga", "--head", "17").code == 2
    assert finished


@pytest.mark.requirement("cli.exit-codes")
def test_only_auditors_prove_the_trail(desk: Desk) -> None:
    said = desk("audit", "verify")
    assert (said.code, said.err) == (5, "error: this needs the role auditor; ask somebody who may to do it\n")


def test_a_run_that_is_not_in_the_trail_is_not_found(desk: Desk) -> None:
    assert desk("audit", "show", "nope").code == 4
    assert desk("audit", "show", "nope", "--as", "olga").code == 4


def test_the_record_of_a_choice_says_which_branch_was_taken(capsys: pytest.CaptureFixture[str]) -> None:
    record = {
        "event": "step.succeeded",
        "run": "1",
        "step": "offer.choice",
        "state": {"from": "pending", "to": "succeeded"},
        "detail": {"branch": "retention", "reason": "BRANCH_CHOSEN"},
    }
    entry = audit_pb2.AuditRecord(seq=7, event="step.succeeded", canonical_json=json.dumps(record).encode())
    show_record(entry)
    assert "BRANCH_CHOSEN: retention" in capsys.readouterr().out


@pytest.mark.parametrize(("taken", "word"), [(False, "not true"), (True, "true")])
def test_of_a_rule_of_a_choice_it_is_said_whether_it_is_true(
    capsys: pytest.CaptureFixture[str], *, taken: bool, word: str
) -> None:
    decision = {"kind": "condition", "verdict": "allow", "taken": taken}
    record = {"event": "decision.made", "run": "1", "step": "offer.choice", "decision": decision}
    show_record(audit_pb2.AuditRecord(seq=7, event="decision.made", canonical_json=json.dumps(record).encode()))
    first = capsys.readouterr().out.splitlines()[0]
    assert first.rstrip().endswith(f" {word}")
    assert "taken" not in first, "with `otherwise` a branch is taken though no rule is true"


def test_a_refusal_after_an_allow_is_told_as_a_refusal_with_its_reason_first(
    capsys: pytest.CaptureFixture[str],
) -> None:
    record = {
        "event": "decision.made",
        "run": "1",
        "step": "w",
        "decision": {"kind": "action", "verdict": "allow", "codes": ["OK"]},
        "state": {"from": "pending", "to": "denied"},
        "detail": {"refused": "LEDGER_EXHAUSTED"},
    }
    entry = audit_pb2.AuditRecord(seq=7, event="decision.made", canonical_json=json.dumps(record).encode())
    show_record(entry)
    first, second = capsys.readouterr().out.splitlines()
    assert first.rstrip().endswith("allow, then refused  pending -> denied")
    assert "LEDGER_EXHAUSTED, OK" in second
