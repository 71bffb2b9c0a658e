from pathlib import Path

import pytest

from assent_sidecar.bundle.workspace import load_workspace
from tests.sidecar.workspace_copies import CAMPAIGN, PROCESS, campaign, faults_of, put, replace


def test_the_example_of_choices_and_lists_in_the_manual_holds(root: Path) -> None:
    campaign(root)
    process = load_workspace(root).catalogue.processes["campaign"]
    assert process.choices["offer"].names == ("retention", "standard")
    assert process.steps[-1].for_each is not None


ADAPTING = [
    ("branch: offer.retention", "branch: offers.retention", "there is no choice 'offers'"),
    ("branch: offer.retention", "branch: offer.retentoin", "the choice 'offer' has no branch 'retentoin'"),
    ("otherwise: standard", "otherwise: standart", "there is no branch 'standart', and no step is in it"),
    ("after: [usage]", "after: [use]", "there is no step 'use'"),
    ("after: [usage]", "after: [usage, plain]", "these wait for one another: offer, plain"),
    ("when: at_risk", "when: deny", "'deny' is a set of findings, not a condition"),
    ("max_steps: 60", "max_steps: 3", "the process has 4 steps already"),
    ("{$ref: inputs.people}", "{$ref: inputs.account}", "this does not lead to a list"),
    ("{$ref: inputs.people}", "{$ref: item.people}", "there is no item here"),
    ("{$ref: inputs.people}", "{$concat: [a]}", "leads to a list"),
    ("{$ref: item.email}", "{$ref: item.mail}", "the items have no 'mail'"),
    ("cap: 50", "cap: 5000", "steps.3.for_each.cap"),
    ("discount: 10}", "discount: {$ref: item.discount}}", "there is no item here"),
    (
        "discount: 10}",
        "discount: {$ref: steps.plain.output.offer}}",
        "the step 'generous' is taken with offer.retention only, and this with offer.standard",
    ),
]


@pytest.mark.requirement("orchestrator.adapting-checked")
@pytest.mark.parametrize(("old", "new", "reason"), ADAPTING, ids=[new for _, new, _ in ADAPTING])
def test_a_fault_of_a_choice_or_a_list_is_told_with_its_file_and_line(
    root: Path, old: str, new: str, reason: str
) -> None:
    campaign(root)
    line = replace(root, CAMPAIGN, old, new)
    here = [fault for fault in faults_of(root) if reason in fault.reason]
    assert [(fault.file, fault.line) for fault in here] == [(CAMPAIGN, line)], faults_of(root)


@pytest.mark.requirement("orchestrator.compensation-declared")
@pytest.mark.parametrize(
    ("bound", "reason"),
    [
        ("item.email", ""),
        ("item.mail", "the items have no 'mail'"),
        ("steps.letters.output.id", ""),
        ("steps.letters.output.0", "has no '0'"),
    ],
)
def test_what_is_done_for_a_list_is_undone_item_by_item(root: Path, bound: str, reason: str) -> None:
    campaign(root)
    email = "systems/email.yaml"
    replace(root, email, "result: {type: object}", "result: {type: object, properties: {id: {type: string}}}")
    undo = f"compensation: {{action: email.send, args: {{to: a, body: {{$ref: {bound}}}}}}}"
    line = replace(root, CAMPAIGN, "on_failure: skip", f"on_failure: skip\n    {undo}") + 1
    found = [(fault.file, fault.line) for fault in faults_of(root) if reason and reason in fault.reason]
    assert (len(faults_of(root)), found) == ((1, [(CAMPAIGN, line)]) if reason else (0, [])), faults_of(root)


@pytest.mark.requirement("orchestrator.adapting-checked")
@pytest.mark.parametrize("key", ["", "compensation"])
@pytest.mark.parametrize(
    ("args", "reason"),
    [
        ("{to: a, body: b}", ""),
        ("{to: a, body: b, copy: c}", "email.send takes no argument 'copy'"),
        ("{to: a}", "email.send needs the argument 'body'"),
    ],
)
def test_arguments_that_no_plan_may_have_are_told(root: Path, key: str, args: str, reason: str) -> None:
    campaign(root)
    text = (root / CAMPAIGN).read_text()
    start = text.index("args: {to:")
    old = text[start : text.index("\n", start)]
    new = f"{old}\n    compensation: {{action: email.send, args: {args}}}" if key else f"args: {args}"
    line = replace(root, CAMPAIGN, old, new) + bool(key)
    found = [(fault.file, fault.line, reason in fault.reason) for fault in faults_of(root)]
    assert found == ([(CAMPAIGN, line, True)] if reason else []), faults_of(root)


@pytest.mark.requirement("bad-input.workspace-every-fault")
def test_what_is_chosen_or_repeated_has_one_meaning(root: Path) -> None:
    replace(root, PROCESS, "on_failure: skip", "on_failure: {alternative: mail}")
    replace(root, PROCESS, "skip: [offer]", "choose: [offer]\n  repeat: {offer: 2, mail: 2, usage: 3}")
    put(root, PROCESS, (root / PROCESS).read_text(encoding="utf-8").replace("\nsteps:\n", f"\n{CHOICE}steps:\n{TWICE}"))
    assert [fault.reason for fault in faults_of(root) if "'" in fault.reason] == [
        "'offer' is a choice and a step that has an alternative; give one of them another name",
        "'mail' has an alternative or is one, and is not repeated",
        "'offer' has an alternative or is one, and is not repeated",
        "the step 'usage-3' has the name of a repetition",
    ]


CHOICE = "choices: {offer: {after: [usage], branches: [{name: any, when: at_risk}]}}\n"


TWICE = (
    "  - {id: usage-3, agent: analyst, action: crm.read_usage, branch: offer.any, "
    "args: {account: {$ref: inputs.account}}}\n"
)
