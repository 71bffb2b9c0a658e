"""The workspace of the law firm: complete, tested to its last line, and what it says about its eight steps."""

import os

import pytest

from assent_orchestrator.amendments.amendment import facts_of
from assent_orchestrator.amendments.proposals import examine
from assent_orchestrator.cli.plan_file import read_plan_file
from assent_orchestrator.plan.check import check
from assent_orchestrator.plan.difference import difference, with_plan
from assent_orchestrator.plan.graph import Graph
from assent_orchestrator.plan.model import Plan
from assent_sidecar.bundle.library import library_root
from assent_sidecar.bundle.workspace import Workspace, load_workspace
from assent_sidecar.opa.binary import find_binary
from assent_sidecar.policy.check import check_policies
from assent_sidecar.policy.report import Part
from firm.clause import KINDS
from tests.examples.programs import EXAMPLES, opa

ROOT = EXAMPLES / "legal_review"


@pytest.fixture(scope="module")
def workspace() -> Workspace:
    return load_workspace(ROOT)


@pytest.mark.requirement("example.legal-steps")
def test_the_process_has_the_eight_steps_of_a_review(workspace: Workspace) -> None:
    process = workspace.catalogue.processes["contract_review"]
    order = [name for name in Graph.of(process.steps).order if name not in {"matter", "contract", "deliver", "by_hand"}]
    assert order == ["precedents", "citations", "summary", "preferences", "draft", "flags", "release", "log", "fee"]
    assert {agent.department for agent in workspace.catalogue.agents.values()} == {"legal", "compliance", "finance"}
    assert set(workspace.catalogue.agents) == {"legal_research", "drafting", "compliance", "finance"}


def test_every_agent_uses_what_it_may_do(workspace: Workspace) -> None:
    used: dict[str, set[str]] = {}
    for step in workspace.catalogue.processes["contract_review"].steps:
        used.setdefault(step.agent, set()).add(step.action)
        if step.compensation is not None:
            used.setdefault(step.compensation.agent or step.agent, set()).add(step.compensation.action)
    assert used == {name: set(agent.may) for name, agent in workspace.catalogue.agents.items()}


def test_a_plan_of_the_process_is_without_fault(workspace: Workspace) -> None:
    assert check(Plan(process="contract_review", inputs={"matter": "M-2001"}), workspace.catalogue) == ()


def test_what_the_firm_calls_ordinary_are_kinds_that_its_extractor_knows(workspace: Workspace) -> None:
    risk = workspace.catalogue.data["risk"]
    assert isinstance(risk, dict)
    ordinary = risk["ordinary"]
    assert isinstance(ordinary, list)
    assert set(map(str, ordinary)) < set(KINDS)


@pytest.mark.requirement("orchestrator.labels-recipient-not-untrusted", "orchestrator.labels-confidential-stays")
@pytest.mark.requirement("example.policies-are-tested")
async def test_every_test_and_every_case_is_green_and_every_line_is_reached(workspace: Workspace) -> None:
    report = await check_policies(ROOT, find_binary(dict(os.environ)))
    assert report.passed, report.text()
    assert len([check for check in report.checks if check.part is Part.CASES]) == len(workspace.cases) > 20
    tested = {test.path.as_posix().replace("_test.rego", ".rego") for test in workspace.tests}
    assert tested == {policy.path.as_posix() for policy in workspace.policies}
    folders = (str(ROOT / "policies"), str(library_root() / "assent/lib"))
    assert await opa("test", "--coverage", "--threshold", "100", *folders) == 0


@pytest.mark.requirement("orchestrator.plan-proposed")
def test_what_the_example_of_a_planner_suggests_is_an_amendment(workspace: Workspace) -> None:
    plan = read_plan_file(ROOT / "plans/suggested.yaml").plan
    whole, conforms = examine(plan, workspace.catalogue)
    process = workspace.catalogue.processes["contract_review"]
    facts = facts_of(difference(process, with_plan(process, whole)))
    assert (conforms, facts.added, facts.removed) == (False, (), ("flags",))
