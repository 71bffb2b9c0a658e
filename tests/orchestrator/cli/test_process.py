import shutil
from pathlib import Path

import pytest

from assent.v1 import amendments_pb2 as wire
from assent.v1.decisions_pb2 import VERDICT_ALLOW, VERDICT_DENY, VERDICT_HALT, VERDICT_REQUIRE_APPROVAL
from assent.v1.runs_pb2 import STEP_STATE_SKIPPED
from assent_orchestrator.cli.amendments import show_amendment, show_effect, show_proposed
from tests.examples.programs import EXAMPLES
from tests.orchestrator.cli.program import Desk, assent

ONE_STEP = """\
process: refund
steps:
  - {id: order, agent: service_desk, action: shop.get_order, args: {order: ORD-1}}
"""
NO_PLAN = "steps and choices: no plan may differ so; it takes a new version in a new bundle"


def other(workspace: Path, folder: Path, *changes: tuple[str, str]) -> Path:
    """Return a copy of the workspace with texts of its process replaced."""
    copied = folder / "other"
    shutil.copytree(workspace, copied)
    file = copied / "processes/refund.yaml"
    text = file.read_text(encoding="utf-8")
    for before, after in changes:
        assert before in text
        text = text.replace(before, after)
    file.write_text(text, encoding="utf-8")
    return copied


@pytest.mark.requirement("orchestrator.process-shown")
def test_a_process_is_shown_with_its_owner_version_steps_and_what_may_vary(desk: Desk, workspace: Path) -> None:
    said = desk("process", "show", "refund")
    assert said.code == 0, said.err
    lines = said.out.splitlines()
    assert lines[:3] == [
        "refund 1: Pay an order back",
        "  owned by head-of-service, of the department service",
        "  a plan may leave out nothing and not change the order; everything else is an amendment",
    ]
    [note] = [line.split() for line in lines if line.startswith("note ")]
    assert note[:4] == ["note", "service_desk", "shop.tell_customer", "order"]
    assert lines[-1].startswith("under revision sha256:")
    online = desk("process", "show", "refund", "--json").json
    offline = assent("process", "show", "refund", "-w", workspace, "--json").json
    assert {**online, "revision": "", "name": ""} == {**offline, "revision": "", "name": ""}
    listed = desk("process", "list", "--json").json["processes"]
    assert [one["name"].rpartition("/")[2] for one in listed] == ["refund"]


@pytest.mark.requirement("orchestrator.process-compared")
def test_a_workspace_is_compared_with_what_is_in_force(desk: Desk, workspace: Path, tmp_path: Path) -> None:
    same = desk("process", "diff", "refund", workspace)
    assert (same.code, same.out) == (0, f"refund 1 -> 1 of {workspace}: 0 differences\n")
    changed = other(
        workspace,
        tmp_path,
        ('version: "1"', 'version: "2"'),
        ("after: [refund]", "after: []"),
        ("owner: head-of-service", 'owner: "\\e[31mred"'),
    )
    said = desk("process", "diff", "refund", changed)
    assert said.code == 1, said.err
    assert said.out.splitlines() == [
        f"refund 1 -> 2 of {changed}: 3 differences",
        '~ version  "1" -> "2"',
        '~ owner  "head-of-service" -> "\\u001b[31mred"',
        '- steps.note.after  ["refund"]',
        "steps and choices: a plan may differ so, as the process says under may",
    ]


@pytest.mark.requirement("orchestrator.process-compared")
def test_a_plan_is_compared_with_its_process(workspace: Path, tmp_path: Path) -> None:
    plan = tmp_path / "plan.yaml"
    plan.write_text(ONE_STEP, encoding="utf-8")
    said = assent("process", "diff", "refund", plan, "-w", workspace)
    assert said.code == 1
    assert said.out.splitlines()[0] == f"refund 1 -> {plan}: 3 differences"
    assert said.out.splitlines()[-1] == NO_PLAN
    found = assent("process", "diff", "refund", plan, "-w", workspace, "--json").json
    assert found["may_vary"] is False
    assert [one["path"] for one in found["changes"]] == ["steps.order.args.order", "steps.refund", "steps.note"]
    plan.write_text("process: refund\n", encoding="utf-8")
    assert assent("process", "diff", "refund", plan, "-w", workspace).code == 0


@pytest.mark.requirement("orchestrator.process-shown")
@pytest.mark.parametrize("name", ["contract_renewal", "legal_review"])
def test_a_process_is_written_as_the_plan_that_it_is(name: str, tmp_path: Path) -> None:
    folder = EXAMPLES / name
    process = "contract_review" if name == "legal_review" else name
    said = assent("process", "show", process, "--plan", "-w", folder)
    assert said.code == 0, said.err
    plan = tmp_path / "plan.json"
    plan.write_text(said.out, encoding="utf-8")
    assert said.out.count("\n") > said.out.count('"id"'), "it is to be edited"
    found = assent("process", "diff", process, plan, "-w", folder, "--json")
    assert (found.code, found.json["changes"]) == (0, [])


@pytest.mark.parametrize(
    ("arguments", "code", "why"),
    [
        (("show", "other"), 4, "has no process 'other'; it has refund"),
        (("diff", "other", "plans/refund.yaml"), 4, "has no process 'other'"),
        (("diff", "refund", "nowhere.yaml"), 4, "cannot be read"),
    ],
)
def test_what_is_not_there_is_told_in_one_line(
    workspace: Path, arguments: tuple[str, ...], code: int, why: str
) -> None:
    said = assent("process", *arguments, "-w", workspace, cwd=workspace)
    assert (said.code, said.err.count("\n")) == (code, 1)
    assert why in said.err


MORE = """\
process: refund
steps:
  - {id: order, agent: service_desk, action: shop.get_order, args: {order: {$ref: inputs.order}}}
"""


@pytest.mark.requirement("orchestrator.plan-proposed", "orchestrator.amendment-decided")
def test_a_plan_is_proposed_and_without_a_grant_nothing_is_stored(desk: Desk) -> None:
    conforming = desk("process", "propose", "-", stdin='{"process": "refund"}')
    told = "the plan is as its process says; submit it with assent plan run\n"
    assert (conforming.code, conforming.out) == (0, told), conforming.err
    said = desk("process", "propose", "-", stdin=MORE)
    assert said.code == 1, said.err
    assert said.out.splitlines()[0] == "it is no plan that may be proposed: NO_GRANT; nothing was stored"
    wrong = desk("process", "propose", "-", stdin=MORE.replace("service_desk", "ghost"))
    assert wrong.code == 3
    assert "<stdin>:3: steps[0].agent: UNKNOWN_AGENT" in wrong.err
    assert desk("process", "amendments", "--all").out == "no amendments\n"
    assert desk("process", "amendment", "none").code == 4
    assert desk("process", "dismiss", "none", "--reason", "no").code == 4


@pytest.mark.requirement("orchestrator.amendment-decided")
@pytest.mark.parametrize(
    ("before", "after", "case"),
    [
        ('"planner" in', '"gardener" in', "a planner may suggest to leave a step out"),
        ("count(input.amendment.added) > 0", "count(input.amendment.added) > 1", "a planner makes up no step"),
        ("suggesting if owner", "suggesting if true", "somebody without that role suggests nothing"),
    ],
)
def test_policies_say_who_may_propose_what_and_cases_prove_it(
    workspace: Path, tmp_path: Path, before: str, after: str, case: str
) -> None:
    folder = other(workspace, tmp_path)
    policy = folder / "policies/process/refund/suggestions.rego"
    policy.write_text(policy.read_text(encoding="utf-8").replace(before, after), encoding="utf-8")
    said = assent("policy", "test", folder)
    assert (said.code, f"cases: {case}" in said.out + said.err) == (1, True), said.out + said.err


@pytest.mark.requirement("orchestrator.amendment-effect", "orchestrator.amendment-owned")
def test_an_amendment_and_its_effect_are_read_line_by_line(capsys: pytest.CaptureFixture[str]) -> None:
    change = wire.ProcessChange(path="steps.pay.after", sort=wire.ProcessChange.SORT_CHANGED)
    change.before.list_value.append("look")
    change.after.string_value = "\x1b[31m"
    count = wire.ProcessChange(path="steps.look.args.limit", sort=wire.ProcessChange.SORT_CHANGED)
    count.before.number_value, count.after.number_value = 3, 2.5
    proposed = wire.Amendment(name="tenants/t/amendments/a1", process="refund", owner="olga", changes=[change, count])
    show_proposed(proposed)
    deny = wire.StepEffect(step="tell", after=VERDICT_DENY, after_reasons=["NO_SENDING"])
    gone = wire.StepEffect(
        step="look", before=VERDICT_ALLOW, before_reasons=["READS", "FIRST"], recorded=STEP_STATE_SKIPPED
    )
    asked = wire.StepEffect(before=VERDICT_REQUIRE_APPROVAL, after=VERDICT_HALT)
    runs = [
        wire.RunEffect(run="tenants/t/runs/r1", changes=[deny, gone, asked]),
        wire.RunEffect(run="tenants/t/runs/r2"),
        wire.RunEffect(run="tenants/t/runs/r3", faults=["inputs.x: INPUTS_SCHEMA"]),
        wire.RunEffect(run="tenants/t/runs/r4", untold="NOT_RETAINED"),
    ]
    show_effect(wire.SimulateAmendmentResponse(runs=runs))
    show_effect(wire.SimulateAmendmentResponse())
    assert capsys.readouterr().out.splitlines() == [
        "amendment a1 waits in assent process amendments; nobody is notified",
        "  olga, who owns refund, may dismiss it, as compliance officers may",
        "  whoever brings a new bundle with these steps into force adopts it; nothing else does",
        '~ steps.pay.after  ["look"] -> "\\u001b[31m"',
        "~ steps.look.args.limit  3 -> 2.5",
        "run r1: step tell would be new, and denied (NO_SENDING)",
        "run r1: step look would not be there; now it is allowed (READS, FIRST); this run has it skipped",
        "run r1: the plan as a whole would be halted; now it is put before people",
        "run r2: the same would be decided",
        "run r3: could not have been: inputs.x: INPUTS_SCHEMA",
        "run r4: cannot be simulated: its values were not retained",
        "no run of the process is recorded",
    ]


@pytest.mark.requirement("orchestrator.amendment-owned")
@pytest.mark.parametrize(
    ("now", "told"),
    [
        ("1", []),
        (
            "2",
            [
                "  refund is 2 by now, and this is how it differs from 1:",
                "  propose its plan again to see how that differs from what is in force",
            ],
        ),
        ("", ["  there is no process refund any more"]),
    ],
)
def test_an_amendment_says_that_its_process_is_another_one_by_now(
    now: str, told: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    open_one = wire.Amendment(
        name="tenants/t/amendments/a1",
        process="refund",
        process_version="1",
        state=wire.AMENDMENT_STATE_OPEN,
        changes=[wire.ProcessChange(path="steps.note", sort=wire.ProcessChange.SORT_REMOVED)],
    )
    show_amendment(open_one, now)
    assert capsys.readouterr().out.splitlines()[2:] == [*told, "- steps.note  "]


@pytest.mark.requirement("orchestrator.process-mined")
def test_runs_are_mined_and_what_they_suggest_is_only_told(desk: Desk) -> None:
    said = desk("process", "mine", "refund", "--runs", "1")
    assert said.code == 0, said.err
    head = said.out.splitlines()[0]
    assert head.startswith("refund 1: ")
    assert head.endswith(" read of those that you may see: your own; operators and auditors see all")
    assert said.out.splitlines()[1] == "nothing to suggest; it takes 5 runs that say the same"
    found = desk("process", "mine", "refund", "--propose", "--json").json
    assert (found["process"], found["suggestions"], "proposal" in found) == ("refund", [], False)
    assert desk("process", "mine", "nothing").code == 4
