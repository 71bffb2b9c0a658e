import asyncio
import json
import signal
import subprocess

import pytest

from assent.v1 import decisions_pb2, runs_pb2
from assent_orchestrator.cli.run_card import show_run
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
    said = desk("runs", "show", finished, "--step", returned["id"])
    assert (said.code, said.json) == (0, returned)
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
