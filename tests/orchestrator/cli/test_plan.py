import json
from pathlib import Path

import pytest

from tests.orchestrator.cli.program import Desk, assent


def plan(folder: Path, text: str) -> Path:
    file = folder / "plan.yaml"
    file.write_text(text, encoding="utf-8")
    return file


BAD = """\
process: refund
inputs:
  order: ORD-1001
steps:
  - id: order
    agent: service_desk
    action: shop.get_order
    args: {order: {$ref: inputs.order}}
  - id: refund
    agent: nobody
    action: shop.steal
    args: {order: {$ref: steps.later.output.order}}
"""


@pytest.mark.requirement("cli.plan-check")
def test_a_sound_plan_is_sound_without_a_server(workspace: Path) -> None:
    said = assent("plan", "check", workspace / "plans/refund.yaml", "--workspace", workspace)
    assert (said.code, said.out) == (0, "the plan is sound: refund, 3 steps\n")


@pytest.mark.requirement("cli.plan-check")
def test_every_fault_of_a_plan_is_named_with_its_line(workspace: Path, tmp_path: Path) -> None:
    file = plan(tmp_path, BAD)
    said = assent("plan", "check", file, "--workspace", workspace)
    first, *faults = said.err.splitlines()
    assert said.code == 3
    assert first == "error: the plan cannot be carried out; mend what is listed"
    assert f"  {file}:10: steps[1].agent: UNKNOWN_AGENT nobody appointed an agent of this name" in faults
    assert any(fault.startswith(f"  {file}:11: steps[1].action: UNKNOWN_OPERATION") for fault in faults)
    assert any(fault.startswith(f"  {file}:12: steps[1].args.order: DANGLING_REFERENCE") for fault in faults)


@pytest.mark.requirement("cli.plan-check")
def test_a_server_names_the_same_faults_with_the_same_lines(desk: Desk, workspace: Path, tmp_path: Path) -> None:
    file = plan(tmp_path, BAD)
    offline, online = assent("plan", "check", file, "--workspace", workspace), desk("plan", "check", file)
    assert online.code == offline.code == 3
    assert set(online.err.splitlines()[1:]) == set(offline.err.splitlines()[1:])


def test_a_server_finds_a_sound_plan_sound(desk: Desk) -> None:
    assert desk("plan", "check", "plans/refund.yaml", "--json").json == {
        "sound": True,
        "process": "refund",
        "steps": 3,
    }


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("process: refund\ninputs: {order: [}\n", ":2: this is not YAML"),
        ("process: refund\nproces: refund\n", ":2: proces: MALFORMED"),
        ("inputs: {}\n", ":1: process: MALFORMED"),
        ("- 1\n", ":1: MALFORMED"),
        ("process: !!python/object:os.system x\n", "is not used here"),
        ("process: &a refund\nrequest_id: *a\n", "anchors and aliases are not used here"),
    ],
)
def test_what_is_no_plan_is_refused_with_its_line(workspace: Path, tmp_path: Path, text: str, why: str) -> None:
    said = assent("plan", "check", plan(tmp_path, text), "--workspace", workspace)
    assert said.code == 3
    assert why in said.err
    assert "Traceback" not in said.err


def test_a_json_file_is_a_plan_too_and_may_not_name_a_key_twice(workspace: Path, tmp_path: Path) -> None:
    file = tmp_path / "plan.json"
    file.write_text('{"process": "refund",\t"inputs": {"order": "ORD-1001"}}', encoding="utf-8")
    assert assent("plan", "check", file, "--workspace", workspace).code == 0
    file.write_text('{"process": "refund", "process": "refund"}', encoding="utf-8")
    said = assent("plan", "check", file, "--workspace", workspace)
    assert said.code == 3
    assert "a key is there twice" in said.err


@pytest.mark.parametrize("indent", [2, "\t"])
def test_what_is_wrong_with_a_plan_in_json_is_told_with_its_line(
    workspace: Path, tmp_path: Path, indent: int | str
) -> None:
    file = tmp_path / "plan.json"
    written = {"process": "refund", "inputs": {"order": "ORD-1001"}, "proces": 7}
    file.write_text(json.dumps(written, indent=indent), encoding="utf-8")
    said = assent("plan", "check", file, "--workspace", workspace)
    assert said.code == 3
    assert f"{file}:6: proces: MALFORMED there is no such field" in said.err
    file.write_text(json.dumps({**written, "request_id": 2**60}, indent=indent), encoding="utf-8")
    said = assent("plan", "check", file, "--workspace", workspace)
    assert said.code == 3
    assert f"{file}: proces: MALFORMED there is no such field" in said.err, (
        "a number that is none of YAML's hides lines"
    )


def test_a_plan_that_is_not_there_is_not_found(desk: Desk) -> None:
    said = desk("plan", "simulate", "nowhere.yaml")
    assert said.code == 4
    assert said.err == "error: nowhere.yaml cannot be read: No such file or directory; name a plan file\n"


@pytest.mark.requirement("cli.plan-simulate")
def test_a_forecast_shows_each_step_with_verdict_reason_control_and_what_is_unknown(desk: Desk) -> None:
    said = desk("plan", "simulate", "plans/refund.yaml")
    assert said.code == 0, said.err
    assert said.out.splitlines()[0] == "refund 1: allow, may change"
    [refund] = [line for line in said.out.splitlines() if line.startswith("refund  ")]
    for part in ("shop.refund", "allow, may change", "REFUND_STEP (SRV-02)", "timeout 20s", "/amount_eur"):
        assert part in refund


@pytest.mark.requirement("cli.plan-simulate", "cli.json")
def test_a_process_is_forecast_without_a_file(desk: Desk) -> None:
    said = desk("plan", "simulate", "--process", "refund", "--input", "order=ORD-1001", "--json")
    assert (said.code, said.err) == (0, "")
    assert desk("plan", "simulate").code == 2


def test_a_forecast_is_json_in_the_words_of_the_proto(desk: Desk) -> None:
    forecast = desk("plan", "simulate", "-", "--json", stdin="process: refund\ninputs: {order: ORD-1002}\n").json
    assert forecast["decision"]["verdict"] == "VERDICT_ALLOW"
    assert [step["id"] for step in forecast["steps"]] == ["order", "refund", "note"]
    assert forecast["decision"]["revision"].startswith("sha256:")


@pytest.mark.requirement("cli.plan-run")
def test_a_run_is_watched_to_its_end(desk: Desk) -> None:
    said = desk("plan", "run", "plans/refund.yaml", "--input", "order=ORD-1003")
    assert said.code == 0, said.err
    lines = said.out.splitlines()
    assert lines[0].startswith("run ")
    assert lines[-1].endswith("succeeded")
    decided = [line for line in lines if "decision.made" in line]
    assert len(decided) == 4
    assert all("decision " in line for line in decided)


@pytest.mark.requirement("cli.plan-run")
def test_a_process_is_run_without_a_file(desk: Desk) -> None:
    said = desk("plan", "run", "--process", "refund", "-i", "order=ORD-1001", "--json")
    assert said.code == 0, said.err
    events = [json.loads(line) for line in said.out.splitlines()]
    assert events[-1]["run_to"] == "RUN_STATE_SUCCEEDED"
    assert [int(event["seq"]) for event in events] == sorted(int(event["seq"]) for event in events)


@pytest.mark.requirement("cli.exit-codes")
def test_a_run_that_fails_is_a_no(desk: Desk) -> None:
    said = desk("plan", "run", "plans/refund.yaml", "--input", "order=ORD-4040")
    assert said.code == 1
    assert said.out.splitlines()[-1].endswith("failed because of ORDER_UNKNOWN")
    assert "DEPENDENCY_FAILED" in said.out


def test_the_same_request_id_is_the_same_run_and_another_plan_a_conflict(desk: Desk) -> None:
    runs = {desk.run("ORD-1001", "--request-id", "once") for _ in range(2)}
    assert len(runs) == 1
    said = desk("plan", "run", "plans/refund.yaml", "-i", "order=ORD-1003", "--request-id", "once")
    assert said.code == 6
    assert said.err.count("\n") == 1


def test_nobody_acts_for_somebody_else_unasked(desk: Desk) -> None:
    said = desk("plan", "run", "plans/refund.yaml", "--on-behalf-of", "boss")
    assert (said.code, said.err.count("\n")) == (5, 1)
    assert "does not act for that person" in said.err


@pytest.mark.parametrize(
    "arguments",
    [
        ("plan", "run"),
        ("plan", "run", "plans/refund.yaml", "--process", "refund"),
        ("plan", "run", "plans/refund.yaml", "--input", "order"),
        ("plan", "run", "plans/refund.yaml", "-i", "order=1", "-i", "order=2"),
        ("plan", "run", "plans/refund.yaml", "-i", "order=[1"),
    ],
)
def test_what_was_not_meant_that_way_is_a_usage_error_in_one_line(desk: Desk, arguments: tuple[str, ...]) -> None:
    said = desk(*arguments)
    assert (said.code, said.out, said.err.count("\n")) == (2, "", 1)
