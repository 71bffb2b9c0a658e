import shutil
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from tests.orchestrator.cli.program import TEMPLATE, assent


@pytest.fixture
def own(workspace: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(workspace, tmp_path / "own"))


@pytest.mark.requirement("cli.policy-test", "cli.init")
def test_a_fresh_workspace_passes_every_check(workspace: Path, tmp_path: Path) -> None:
    report = tmp_path / "reports/junit.xml"
    said = assent("policy", "test", workspace, "--junit", report)
    assert said.code == 0, said.out
    for part in ("opa check --strict", "opa fmt --fail", "opa test", "the cases, decided by the engine"):
        [line] = [line for line in said.out.splitlines() if part in line]
        assert line.startswith("ok ")
    suites = ET.parse(report).getroot()
    assert [suite.get("name") for suite in suites] == ["workspace", "format", "metadata", "tests", "cases"]
    assert suites.get("failures") == "0"
    assert any(case.get("name") == "a large refund waits for a service lead" for case in suites.iter("testcase"))


@pytest.mark.requirement("cli.policy-test", "cli.exit-codes")
def test_a_case_that_wants_something_else_fails_with_its_place(own: Path) -> None:
    limits = own / "data/limits.yaml"
    limits.write_text(limits.read_text().replace("100", "1000"), encoding="utf-8")
    said = assent("policy", "test", "--workspace", own)
    assert said.code == 1
    assert f"{own}/cases/refunds.yaml:11: cases: a large refund waits for a service lead" in said.out
    as_json = assent("policy", "test", own, "--json")
    assert as_json.code == 1
    assert [check["name"] for check in as_json.json["checks"] if check["outcome"] == "failed"] == [
        "a large refund waits for a service lead"
    ]


@pytest.mark.requirement("cli.policy-test")
def test_a_failing_rego_test_and_a_file_that_is_not_formatted_fail(own: Path) -> None:
    test = own / "policies/org/access_test.rego"
    test.write_text(test.read_text() + "\ntest_false   if false\n", encoding="utf-8")
    said = assent("policy", "test", own)
    assert said.code == 1
    assert f"{test}:1: format: policies/org/access_test.rego" in said.out
    line = len(test.read_text().splitlines())
    assert f"{test}:{line}: tests: policies.org.access_test.test_false" in said.out


@pytest.mark.requirement("cli.workspace-faults", "cli.policy-test")
def test_a_syntax_error_is_told_with_file_line_and_reason_and_nothing_else_is_checked(
    own: Path, tmp_path: Path
) -> None:
    rego = own / "policies/org/access.rego"
    rego.write_text(rego.read_text() + "\nallow contains x if {\n", encoding="utf-8")
    said = assent("policy", "test", own, "--junit", tmp_path / "junit.xml")
    assert said.code == 3
    assert any(line.startswith(f"{rego}:") and "rego" in line for line in said.out.splitlines())
    assert ET.parse(tmp_path / "junit.xml").getroot().get("failures") != "0"


def test_the_template_itself_passes() -> None:
    assert assent("policy", "test", TEMPLATE).code == 0


@pytest.mark.requirement("cli.exit-codes")
def test_a_folder_that_is_not_there_is_not_found(tmp_path: Path) -> None:
    assert assent("policy", "test", tmp_path / "nowhere").code == 4


@pytest.mark.requirement("cli.exit-codes")
def test_without_an_engine_nothing_is_tested(workspace: Path) -> None:
    said = assent("policy", "test", workspace, ASSENT_OPA_BINARY="/nowhere/opa")
    assert (said.code, said.err.count("\n")) == (7, 1)
