import os
import re

import pytest

from assent_orchestrator.plan.check import check
from assent_orchestrator.plan.expand import expand
from assent_orchestrator.plan.graph import Graph
from assent_orchestrator.plan.model import Plan
from assent_orchestrator.plan.state import StepState
from assent_sidecar.bundle.library import library_root
from assent_sidecar.bundle.workspace import Workspace, load_workspace
from assent_sidecar.opa.binary import find_binary
from assent_sidecar.policy.check import check_policies
from assent_sidecar.policy.report import Part
from tests.examples.programs import EXAMPLES, opa

ROOT = EXAMPLES / "contract_renewal"
FOLDERS = (str(ROOT / "policies"), str(library_root() / "assent/lib"))
"""The policies, and the functions of the library that they may use."""
RULE = re.compile(
    r"# title: (?P<title>.*)\n(?:#.*\n)*?# labels:\n#   control: (?P<control>\S+)\n(?:#.*\n)*(?P<rule>[^#]+)"
)


@pytest.fixture(scope="module")
def workspace() -> Workspace:
    return load_workspace(ROOT)


@pytest.mark.requirement("example.workspace")
def test_the_workspace_is_complete(workspace: Workspace) -> None:
    catalogue = workspace.catalogue
    assert set(catalogue.systems) == {"erp", "product_analytics", "support", "cpq", "crm", "email", "tasks", "memory"}
    assert len(catalogue.agents) > 1
    assert set(catalogue.processes) == {"contract_renewal"}
    assert {policy.scope.rpartition("/")[0] for policy in workspace.policies} == {
        "org",
        "department/sales",
        "process/contract_renewal",
    }
    assert catalogue.data
    assert workspace.cases
    tested = {test.path.as_posix().replace("_test.rego", ".rego") for test in workspace.tests}
    assert tested == {policy.path.as_posix() for policy in workspace.policies}, "a test stands beside every policy"


@pytest.mark.requirement("example.eight-steps")
def test_the_process_has_the_eight_steps_of_a_renewal(workspace: Workspace) -> None:
    order = Graph.of(workspace.catalogue.processes["contract_renewal"].steps).order
    actions = {step.id: step.action for step in workspace.catalogue.processes["contract_renewal"].steps}
    expected = [
        *("erp.get_contract", "product_analytics.get_usage", "support.get_satisfaction"),
        *("product_analytics.assess_renewal", "cpq.create_proposal", "crm.update_renewal"),
        *("email.send", "tasks.notify", "tasks.create_task"),
    ]
    own = [actions[name] for name in order if name not in {"success_call", "letter_by_hand"}]
    assert list(dict.fromkeys(own)) == expected


@pytest.mark.requirement("example.first-three-in-parallel")
def test_the_first_three_steps_can_start_at_once_and_nothing_else_can(workspace: Workspace) -> None:
    process = workspace.catalogue.processes["contract_renewal"]
    graph = Graph.of(process.steps)
    states = {step.id: StepState.PENDING for step in process.steps}
    assert graph.ready(states) == ("contract", "satisfaction", "usage")
    states["contract"] = states["usage"] = StepState.SUCCEEDED
    assert graph.ready(states) == ("satisfaction",)


def test_a_plan_of_the_process_is_without_fault(workspace: Workspace) -> None:
    plan = Plan(process="contract_renewal", inputs={"account": "ACC-1001"})
    assert check(plan, workspace.catalogue) == ()
    assert check(expand(plan, workspace.catalogue.processes["contract_renewal"]), workspace.catalogue) == ()


def test_every_agent_uses_what_it_may_do(workspace: Workspace) -> None:
    used: dict[str, set[str]] = {}
    for step in workspace.catalogue.processes["contract_renewal"].steps:
        used.setdefault(step.agent, set()).add(step.action)
        if step.compensation is not None:
            used.setdefault(step.compensation.agent or step.agent, set()).add(step.compensation.action)
    assert used == {name: set(agent.may) for name, agent in workspace.catalogue.agents.items()}


def test_a_finding_names_the_control_and_the_title_of_its_rule(workspace: Workspace) -> None:
    found = 0
    for policy in workspace.policies:
        for match in RULE.finditer(policy.text):
            if '"code"' not in match["rule"]:
                continue
            found += 1
            assert f'"control": "{match["control"]}"' in match["rule"], (policy.path, match["title"])
            assert f'"rule": "{match["title"]}"' in match["rule"], (policy.path, match["title"])
    assert found == sum(policy.text.count('"code"') for policy in workspace.policies) > 10


@pytest.mark.requirement("example.policies-are-tested")
@pytest.mark.parametrize(
    "command", [("check", "--strict"), ("fmt", "--fail", "--list"), ("test", "--fail-on-empty")], ids=lambda one: one[0]
)
async def test_the_policies_pass_the_engines_own_checks(command: tuple[str, ...]) -> None:
    assert await opa(*command, *FOLDERS) == 0


@pytest.mark.requirement("orchestrator.labels-recipient-not-untrusted", "orchestrator.labels-confidential-stays")
@pytest.mark.requirement("example.policies-are-tested")
async def test_every_test_and_every_case_is_green_on_the_bundle_that_decides(workspace: Workspace) -> None:
    report = await check_policies(ROOT, find_binary(dict(os.environ)))
    assert report.passed, report.text()
    cases = [check for check in report.checks if check.part is Part.CASES]
    assert len(cases) == len(workspace.cases) > 20


@pytest.mark.requirement("example.policies-are-tested")
async def test_the_policies_tests_reach_every_line() -> None:
    assert await opa("test", "--coverage", "--threshold", "100", *FOLDERS) == 0
