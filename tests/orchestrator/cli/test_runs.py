import asyncio
import json
import signal
import subprocess
from typing import Any

import pytest
from google.protobuf.json_format import ParseDict

from assent.v1 import decisions_pb2, permits_pb2, runs_pb2
from assent.v1.plans_pb2 import LabelSet
from assent_orchestrator.cli.run_card import show_further, show_run
from assent_orchestrator.cli.run_story import Story
from assent_orchestrator.cli.step_card import show_step
from assent_orchestrator.cli.watch import show_event
from tests.orchestrator.cli.program import ASSENT, SECONDS, Desk, clean_environ


@pytest.mark.requirement("cli.runs")
def test_runs_are_listed_newest_first(desk: Desk, finished: str) -> None:
    said = desk("runs", "list", "--as", "olga", "--limit", "500")
    head, *rows = said.out.splitlines()
    assert head.split()[:3] == ["RUN", "PROCESS", "STATE"]
    assert any(row.startswith(finished) and "succeeded" in row and row.rstrip().endswith("sam") for row in rows)


def test_a_list_is_cut_where_one_says_and_filtered_by_state(desk: Desk, finished: str) -> None:
    runs = desk("runs", "list", "--json", "--state", "succeeded", "--process", "refund", "--limit", "1").json["runs"]
    assert [run["state"] for run in runs] == ["RUN_STATE_SUCCEEDED"]
    assert desk("runs", "list", "--process", "another", "--as", "olga").out == "no runs\n"
    assert finished


@pytest.mark.requirement("cli.runs")
def test_a_run_is_shown_with_its_steps(desk: Desk, finished: str) -> None:
    said = desk("runs", "show", finished)
    assert said.code == 0
    assert said.out.splitlines()[0] == f"run {finished} of refund 1: succeeded"
    assert said.out.count("succeeded") == 4
    assert "REFUND_STEP (SRV-02)" in said.out


@pytest.mark.requirement("cli.json")
def test_a_run_is_shown_as_json_by_id_or_by_name(desk: Desk, finished: str) -> None:
    by_id, by_name = (
        desk("runs", "show", finished, "--json"),
        desk("--json", "runs", "show", f"tenants/local/runs/{finished}"),
    )
    assert by_id.json == by_name.json
    assert [step["output"] for step in by_id.json["steps"]][1] == {"refund": "REF-1001"}


@pytest.mark.requirement("orchestrator.large-runs-are-shown")
def test_one_step_is_shown_with_what_it_returned(desk: Desk, finished: str) -> None:
    whole = desk("runs", "show", finished, "--json").json["steps"]
    returned = next(step for step in whole if "output" in step)
    said = desk("runs", "show", finished, "--step", returned["id"], "--json")
    assert (said.code, said.json) == (0, returned)
    assert f"step {returned['id']} is succeeded\n" in desk("runs", "show", finished, "--step", returned["id"]).out
    assert desk("runs", "show", finished, "--step", "nothing").code == 4


@pytest.mark.requirement("orchestrator.people-settle-the-unknown")
def test_what_was_done_is_not_settled_without_its_result_and_the_option_is_named(desk: Desk, finished: str) -> None:
    said = desk("runs", "reconcile", finished, "refund", "done", "--rationale", "looked", "--as", "olga")
    assert (said.code, said.err) == (2, "error: done needs --result: what the tool would have answered, as JSON\n")


@pytest.mark.requirement("cli.exit-codes")
@pytest.mark.parametrize("verb", ["show", "watch", "cancel"])
def test_a_run_that_is_not_there_is_not_found(desk: Desk, verb: str) -> None:
    said = desk("runs", verb, "nope")
    assert (said.code, said.out, said.err.count("\n")) == (4, "", 1)
    assert said.err.startswith("error: there is no such run, or you may not see it; assent runs list")


@pytest.mark.parametrize("value", ["a b", "a=b", "(a)"])
def test_a_filter_that_cannot_be_one_is_told_by_its_option(desk: Desk, value: str) -> None:
    said = desk("runs", "list", "--process", value)
    assert (said.code, said.err.count("\n")) == (2, 1)
    assert said.err.startswith(f"error: --process: {value!r} is no such name; ")


def test_a_run_of_somebody_else_is_not_found_either(desk: Desk, finished: str) -> None:
    assert desk("runs", "show", finished, "--as", "lea").code == 4


@pytest.mark.requirement("cli.runs")
def test_a_watcher_who_comes_late_sees_everything(desk: Desk, finished: str) -> None:
    whole = desk("runs", "watch", finished, "--json")
    events = [json.loads(line) for line in whole.out.splitlines()]
    assert whole.code == 0
    assert events[0]["event"] == "run.created"
    rest = desk("runs", "watch", finished, "--json", "--after-seq", events[3]["seq"])
    assert [json.loads(line) for line in rest.out.splitlines()] == events[4:]


@pytest.mark.requirement("cli.runs")
@pytest.mark.requirement("orchestrator.cancelled-with-a-reason")
def test_a_run_is_cancelled_and_its_watcher_told_no(desk: Desk) -> None:
    run, _ = desk.waiting()
    stale = desk("runs", "cancel", run, "--etag", "0")
    assert (stale.code, stale.err.count("\n")) == (6, 1)
    assert desk("runs", "cancel", run, "--reason", "ordered twice").code == 0
    assert desk("runs", "cancel", run, "--reason", "once more").code in {0, 6}
    records = [json.loads(line) for line in desk("audit", "show", run, "--records", "--as", "olga").out.splitlines()]
    [asked] = [one for one in records if one["event"] == "run.cancel_requested"]
    assert (asked["actor"]["id"], asked["detail"]) == ("sam", {"rationale": "ordered twice"})
    watched = desk("runs", "watch", run)
    assert watched.code == 1
    assert watched.out.splitlines()[-1].startswith(f"run {run} cancelled")
    again = desk("runs", "cancel", run)
    assert again.code in {0, 6}


@pytest.mark.requirement("cli.watch-interrupted")
async def test_ctrl_c_leaves_the_run_running_and_says_so(desk: Desk) -> None:
    run = await asyncio.to_thread(desk.run, "ORD-1002")
    watcher = await asyncio.create_subprocess_exec(
        *ASSENT, "runs", "watch", run,
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE, env=clean_environ(**desk.environ),
    )  # fmt: skip
    assert watcher.stdout is not None
    async with asyncio.timeout(SECONDS):
        while b"run.waiting" not in await watcher.stdout.readline():
            pass
        watcher.send_signal(signal.SIGINT)
        _, err = await watcher.communicate()
    assert watcher.returncode == 130
    assert f"not watching any more; the run goes on: assent runs watch {run}" in err.decode()
    assert (await asyncio.to_thread(desk, "runs", "show", run, "--json")).json["state"] == "RUN_STATE_WAITING"
    await asyncio.to_thread(desk, "runs", "cancel", run)


def test_output_into_a_pipe_that_is_closed_is_no_error(desk: Desk, finished: str) -> None:
    done = subprocess.run(
        ["bash", "-c", f"set -o pipefail; {' '.join(ASSENT)} runs watch {finished} | head -1"],
        env=clean_environ(**desk.environ),
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_a_step_that_was_refused_after_an_allow_does_not_read_as_allowed(capsys: pytest.CaptureFixture[str]) -> None:
    allowed = decisions_pb2.Decision(
        verdict=decisions_pb2.VERDICT_ALLOW, reasons=[decisions_pb2.Reason(code="WITHIN_LIMITS", control="FIN-01")]
    )
    step = runs_pb2.Step(id="w", state=runs_pb2.STEP_STATE_DENIED, reason="LEDGER_EXHAUSTED", decision=allowed)
    show_run(runs_pb2.Run(name="tenants/local/runs/1", steps=[step]))
    [row] = [line for line in capsys.readouterr().out.splitlines() if line.startswith("w ")]
    assert "denied" in row
    assert "allow, then refused" in row
    assert row.index("LEDGER_EXHAUSTED") < row.index("WITHIN_LIMITS (FIN-01)")


def test_until_when_a_step_waits_is_shown(capsys: pytest.CaptureFixture[str]) -> None:
    step = runs_pb2.Step(id="w", state=runs_pb2.STEP_STATE_DEFERRED, reason="CIRCUIT_OPEN")
    step.defer_time.FromJsonString("2026-03-01T12:00:00Z")
    show_run(runs_pb2.Run(name="tenants/local/runs/1", steps=[step]))
    assert "CIRCUIT_OPEN; until 2026-03-01 12:00:00Z" in capsys.readouterr().out


def test_who_pauses_a_paused_run_is_told_who_did_and_why(desk: Desk) -> None:
    run, _ = desk.waiting()
    assert desk("runs", "pause", run, "--reason", "the quarter ends").code == 0
    again = desk("runs", "pause", run, "--reason", "to look into it", "--as", "olga")
    assert (again.code, "already paused by sam since " in again.out) == (0, True)
    assert ": the quarter ends\n" in again.out
    assert "your reason was not kept" in again.out
    desk("runs", "cancel", run)


def event(kind: str, **said: Any) -> runs_pb2.RunEvent:
    return ParseDict({"event": kind, **said}, runs_pb2.RunEvent())


DENIED = event(
    "handoff.decided",
    step="manners", decision_id="d-1", verdict="VERDICT_DENY", handed_over_by="desk", handed_over_to="messenger",
    reasons=["NO_PII"],
)  # fmt: skip
EDITED = event("approval.answered", step="release", approver="lena.brandt", answer="approved", edits=["/text"])
FURTHER = {"under": "p-1", "agent": "clerk", "action": "archive.put"}
GIVEN = event(
    "decision.made", step="file", decision_id="d-2", verdict="VERDICT_ALLOW", further={**FURTHER, "item": "letter-0"}
)
WIDE = event(
    "decision.made",
    step="file", decision_id="d-3", verdict="VERDICT_ALLOW", refused=True, reasons=["TOO_WIDE", "OK"],
    further={**FURTHER, "item": "letter-5"},
)  # fmt: skip
DONE = event("action.succeeded", step="file", further={**FURTHER, "item": "letter-0"})
STORY = Story.of([event("approval.opened", approver="max", answer="opened"), DENIED, EDITED, GIVEN, WIDE, DONE])
LET = event(
    "approval.answered",
    step="release", approver="bea", answer="approved", stood_in_for="gina", handed_over_by="desk",
    handed_over_to="messenger",
)  # fmt: skip


@pytest.mark.requirement("cli.told", "orchestrator.handoff-approved")
def test_a_yes_to_work_that_passes_is_told_from_one_to_the_action_and_says_who_stood_in_for_whom() -> None:
    passing = "hand-over from desk to messenger approved by bea for gina"
    alone = event("approval.broke_glass", step="release", handed_over_by="desk", handed_over_to="messenger")
    assert Story.of([LET]).answers("release") == passing
    assert Story.of([LET, alone]).answers("release") == f"{passing}, alone"
    assert Story.of([LET, EDITED]).answers("release") == f"{passing}; approved by lena.brandt, edited"
    denied = Story.of([LET, DENIED]).hand_over(runs_pb2.Step(decision=decisions_pb2.Decision(decision_id="d-1")))
    assert denied == "hand-over from desk to messenger"


@pytest.mark.requirement("cli.told", "orchestrator.handoff-names-takers")
def test_an_answer_about_work_that_passes_is_told_at_each_step_that_it_holds_for() -> None:
    held = event(
        "approval.answered",
        step="note.0", approver="bea", answer="rejected", handed_over_by="desk", handed_over_to="messenger",
        takers=["note", "send"],
    )  # fmt: skip
    alone = event("approval.broke_glass", step="note.0", handed_over_by="desk", handed_over_to="messenger")
    said = "hand-over from desk to messenger rejected by bea"
    story = Story.of([held, EDITED])
    assert story.answers("note.0") == said
    assert story.answers("note") == story.answers("send") == f"{said} at note.0"
    assert (story.answers("look"), story.answers("release")) == ("", "approved by lena.brandt, edited")
    assert Story.of([held, alone]).answers("send") == f"{said}, alone at note.0"


@pytest.mark.requirement("cli.told")
def test_who_watches_is_told_what_became_of_memory_and_no_value(capsys: pytest.CaptureFixture[str]) -> None:
    about = {"memory_class": "preferences", "purpose": "manners", "subject_digest": "ab" * 32}
    show_event(event("memory.recalled", step="look", memory={**about, "count": 2, "withheld": 1}))
    show_event(event("memory.remembered", step="keep", memory={**about, "count": 1}))
    show_event(event("memory.forgotten", step="drop", memory={"subject_digest": "ab" * 32, "count": 3}))
    look, keep, drop = capsys.readouterr().out.splitlines()
    assert look.endswith('  2 of preferences, 1 withheld, for "manners", of the subject abababababab')
    assert keep.endswith('  1 of preferences, for "manners", of the subject abababababab')
    assert drop.endswith("  3 of every class, of the subject abababababab")


@pytest.mark.requirement("cli.told")
def test_a_run_says_who_approved_a_step_and_that_a_hand_over_was_denied(capsys: pytest.CaptureFixture[str]) -> None:
    reasons = [decisions_pb2.Reason(code="NO_PII"), decisions_pb2.Reason(code="HANDED_OVER", grants=True)]
    denied = decisions_pb2.Decision(verdict=decisions_pb2.VERDICT_DENY, decision_id="d-1", reasons=reasons)
    steps = [
        runs_pb2.Step(id="manners", state=runs_pb2.STEP_STATE_DENIED, reason="NO_PII", decision=denied),
        runs_pb2.Step(id="release", state=runs_pb2.STEP_STATE_SUCCEEDED),
    ]
    show_run(runs_pb2.Run(name="tenants/local/runs/1", steps=steps), STORY)
    shown = capsys.readouterr().out
    manners, release = (next(row for row in shown.splitlines() if row.startswith(f"{step.id} ")) for step in steps)
    assert "hand-over from desk to messenger: NO_PII" in manners
    assert "HANDED_OVER" not in shown
    assert release.rstrip().endswith("approved by lena.brandt, edited")


@pytest.mark.requirement("cli.told")
def test_what_a_service_asked_further_and_was_refused_is_shown_with_the_others(
    capsys: pytest.CaptureFixture[str],
) -> None:
    given = permits_pb2.Permit(decision_id="d-2", step="file", state=permits_pb2.PERMIT_STATE_SUCCEEDED)
    older = permits_pb2.Permit(decision_id="d-0", step="file", agent="clerk", state=permits_pb2.PERMIT_STATE_UNKNOWN)
    show_further([older, given], STORY)
    head, columns, first, second, third = capsys.readouterr().out.splitlines()
    assert (head, columns.split()[:3]) == ("  asked further:", ["IN", "STEP", "AS"])
    assert first.split() == ["file", "letter-0", "clerk", "archive.put", "succeeded", "p-1"]
    assert " ".join(second.split()) == "file letter-5 clerk archive.put allow, then refused TOO_WIDE, OK p-1"
    assert third.split() == ["file", "clerk", "unknown"]
    show_further([], Story())
    assert capsys.readouterr().out == ""


@pytest.mark.requirement("cli.told")
def test_a_step_is_shown_to_a_person_line_by_line_with_what_it_returned_last(
    capsys: pytest.CaptureFixture[str],
) -> None:
    allowed = decisions_pb2.Decision(
        verdict=decisions_pb2.VERDICT_ALLOW,
        decision_id="d-9",
        reasons=[decisions_pb2.Reason(code="OK", message="fine")],
    )
    step = runs_pb2.Step(
        id="release", action="notes.send", agent="drafting", state=runs_pb2.STEP_STATE_SUCCEEDED, attempt=1,
        decision=allowed, labels={"/text": LabelSet(labels=["client"]), "": LabelSet(labels=["untrusted"])},
    )  # fmt: skip
    step.output.struct_value.update({"text": "Dear Ada,\nyours", "pages": 3, "more": {"a": [1]}})
    show_step(step, STORY)
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "step release is succeeded"
    for line in (
        "  people     approved by lena.brandt, edited",
        "  verdict    allow",
        "  because    OK fine",
        "  tried      once",
    ):
        assert line in lines
    assert lines[-9:] == [
        "  returned  [untrusted]",
        "    more   {  [untrusted]",
        '             "a": [',
        "               1",
        "             ]",
        "           }",
        "    pages  3  [untrusted]",
        "    text   Dear Ada,  [client, untrusted]",
        "           │ yours",
    ]


@pytest.mark.requirement("cli.told")
def test_whoever_follows_a_run_sees_what_was_decided_by_whom_and_of_whom_work_comes(
    capsys: pytest.CaptureFixture[str],
) -> None:
    told = []
    for one in (DENIED, EDITED, LET, GIVEN, WIDE):
        show_event(one)
        told.append(" ".join(capsys.readouterr().out.split()[1:]))
    assert told == [
        "manners handoff.decided deny desk to messenger NO_PII decision d-1",
        "release approval.answered approved by lena.brandt, edited",
        "release approval.answered desk to messenger approved by bea for gina",
        "file decision.made allow clerk asks: letter-0 (archive.put) decision d-2",
        "file decision.made allow, then refused TOO_WIDE, OK clerk asks: letter-5 (archive.put) decision d-3",
    ]


@pytest.mark.requirement("cli.told")
def test_what_is_shown_of_a_run_fits_a_terminal(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setenv("TERM", "dumb")
    digest, uuid = f"sha256:{'ab' * 32}", "0445ac60-f8d8-4f46-8f0e-06f9db04ad8b"
    decision = decisions_pb2.Decision(decision_id=uuid, reasons=[decisions_pb2.Reason(code="A" * 30, control="B-01")])
    step = runs_pb2.Step(id="offer_at_risk", agent="deal_desk", action="cpq.create_proposal", decision=decision)
    run = runs_pb2.Run(
        name="tenants/local/runs/1", steps=[step], revision=digest, plan_digest=digest, trace_id="a" * 32
    )
    show_run(run, STORY)
    show_further([], STORY)
    show_step(step, STORY)
    show_event(
        event("decision.made", step="offer_at_risk", verdict="VERDICT_DENY", decision_id=uuid, reasons=["A" * 30])
    )
    shown = capsys.readouterr().out
    assert max(map(len, shown.splitlines())) <= 80
    assert (shown.count(digest), shown.count(uuid)) == (2, 2)
