import shutil
from pathlib import Path

import pytest

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
