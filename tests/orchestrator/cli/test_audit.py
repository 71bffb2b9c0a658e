import hashlib
import json
from typing import Any

import pytest

from assent.v1 import audit_pb2
from assent_orchestrator.cli.record_card import show_record
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


def told(capsys: pytest.CaptureFixture[str], **record: object) -> list[str]:
    event = str(record["event"])
    show_record(audit_pb2.AuditRecord(seq=7, event=event, canonical_json=json.dumps(record).encode()))
    return capsys.readouterr().out.splitlines()


@pytest.mark.requirement("cli.told")
def test_the_record_of_a_hand_over_says_from_whom_to_whom_and_a_grant_is_no_reason_of_a_deny(
    capsys: pytest.CaptureFixture[str],
) -> None:
    codes = {"codes": ["NO_PII", "HANDED_OVER"], "granted": ["HANDED_OVER"], "controls": ["HND-01"]}
    decision = {"kind": "handoff", "id": "d-1", "verdict": "deny", **codes}
    detail = {"from": "desk", "to": "messenger", "reason": "next"}
    actor = {"kind": "agent", "id": "desk"}
    first, second = told(
        capsys, event="handoff.decided", run="1", step="tell", actor=actor, decision=decision, detail=detail
    )
    assert first.split()[2:] == ["handoff.decided", "tell", "deny"]
    assert second.strip().startswith("desk to messenger, next  NO_PII (HND-01)  decision d-1")


@pytest.mark.requirement("cli.told")
@pytest.mark.parametrize("run", ["1", None])
def test_the_record_of_a_recall_says_who_of_whom_and_how_much(
    capsys: pytest.CaptureFixture[str], run: str | None
) -> None:
    subject = f"sha256:{'ab' * 32}"
    detail: dict[str, Any] = {
        "subject": subject,
        "class": "preferences",
        "purpose": "manners",
        "labels": ["client", "pii"],
    }
    detail |= {"memories": ["m-1", "m-2"], "count": 2, "withheld": 3, "digest": subject}
    actor = {"kind": "agent", "id": "messenger"}
    record = {"event": "memory.recalled", "run": run, "actor": actor, "on_behalf_of": "sam", "detail": detail}
    _, second = told(capsys, **record)
    for part in (
        "by the agent messenger for sam",
        f"subject {subject}",
        "class preferences",
        "labels client, pii",
        "count 2",
        "withheld 3",
    ):
        assert f"  {part}  " in second
    assert "m-1" not in second


@pytest.mark.requirement("cli.told")
def test_when_a_memory_is_over_is_written_as_every_other_point_in_time(capsys: pytest.CaptureFixture[str]) -> None:
    detail = {"class": "notes", "expires_at": "2028-11-26T10:13:57.123456+01:00", "asked_at": "some day"}
    _, second = told(capsys, event="memory.remembered", actor={"kind": "user", "id": "cora"}, detail=detail)
    assert "  expires at 2028-11-26 09:13:57Z  asked at some day" in second


@pytest.mark.requirement("cli.told")
def test_the_record_of_a_person_who_forgets_says_what_and_whether_the_key_is_gone(
    capsys: pytest.CaptureFixture[str],
) -> None:
    detail = {"subject": "sha256:1", "receipt": "r-1", "forgotten": {"notes": 2}, "key_destroyed": False}
    _, second = told(capsys, event="memory.forgotten", actor={"kind": "user", "id": "cora"}, detail=detail)
    for part in ("by cora", "receipt r-1", "forgotten 2 notes", "not key destroyed"):
        assert part in second


@pytest.mark.requirement("cli.told")
def test_records_fit_a_terminal(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setenv("TERM", "dumb")
    decision: dict[str, Any] = {
        "id": "0445ac60-f8d8-4f46-8f0e-06f9db04ad8b",
        "verdict": "require_approval",
        "codes": ["A" * 40, "B"],
    }
    place = {"run": "1", "step": "offer_at_risk", "state": {"from": "deciding", "to": "awaiting_approval"}}
    lines = told(capsys, event="decision.made", decision=decision, trace={"trace_id": "ab" * 16}, **place)
    assert max(map(len, lines)) <= 80
    assert sum(decision["id"] in line or "ab" * 16 in line for line in lines) in {1, 2}
    assert all(line.startswith(" " * 22) for line in lines[1:])


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
