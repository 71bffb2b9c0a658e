from pathlib import Path

import junitparser
import pytest

from assent_sidecar.opa.binary import Binary, find_binary
from assent_sidecar.policy.check import check_policies
from assent_sidecar.policy.junit import write_junit
from assent_sidecar.policy.report import Check, Outcome, Part, PolicyReport
from tests.sidecar.workspace_copies import SALES, put, replace

BASELINE = "policies/org/baseline.rego"
CASES = "cases/renewal.yaml"


@pytest.fixture(scope="module")
def binary() -> Binary:
    return find_binary({})


def unproved(root: Path) -> None:
    """Take the cases and the tests out of a workspace."""
    for file in (*root.glob("cases/*.yaml"), *root.glob("policies/**/*_test.rego")):
        file.unlink()


def without_grants(root: Path) -> None:
    """Have no policy of a workspace grant anything."""
    for file in root.glob("policies/**/*.rego"):
        file.write_text(file.read_text().replace("allow contains", "grant contains"))


@pytest.mark.requirement("cli.policy-test-checks")
async def test_a_sound_workspace_passes_every_part(binary: Binary) -> None:
    report = await check_policies(SALES, binary)
    assert report.passed, report.text()
    assert {check.part for check in report.checks} == set(Part)
    assert report.revision is not None
    names = {(check.part, check.name) for check in report.checks}
    assert (Part.FORMAT, BASELINE) in names
    assert (Part.TESTS, "policies.org.baseline_test.test_reading_is_allowed") in names
    assert (Part.TESTS, "assent_test.test_without_policies_nothing_is_granted") in names
    assert (Part.CASES, "personal data is not mailed") in names
    assert len([check for check in report.checks if check.part is Part.CASES]) == 9
    assert report.text().endswith(" passed, 0 failed, 0 skipped")


@pytest.mark.requirement("cli.policy-test-checks")
async def test_policies_under_which_nothing_can_be_done_are_doubted(binary: Binary, root: Path) -> None:
    assert (await check_policies(SALES, binary, only=[Part.CASES])).doubts == ()
    unproved(root)
    report = await check_policies(root, binary)
    assert (report.passed, report.doubts) == (
        True,
        ("no case wants an allow or an approval: nothing shows that anything can be done",),
    )
    without_grants(root)
    report = await check_policies(root, binary)
    told = "no policy grants anything: without a rule `allow contains`, everything is denied, NO_GRANT"
    assert (report.passed, report.doubts) == (True, (told,)), report.text()
    assert f"doubt: {told}" in report.text().splitlines()


@pytest.mark.requirement("cli.policy-test-checks")
async def test_each_part_tells_what_failed_and_where(binary: Binary, root: Path) -> None:
    replace(root, BASELINE, "deny contains finding if {\n\tinput", "deny contains finding if {\n\n\n\tinput")
    put(
        root,
        "policies/org/more_test.rego",
        "package policies.org.more_test\n\ntest_sum if 1 + 1 == 3\n\ntodo_test_x if 1 == 2\n",
    )
    line = (
        replace(root, CASES, "want: {verdict: allow, reasons: [READ_ONLY]}", "want: {verdict: deny, reasons: [NO]}") - 2
    )
    report = await check_policies(root, binary)
    assert not report.passed
    failures = {check.part: check for check in report.failures}
    assert len(report.failures) == 3
    assert failures[Part.FORMAT].file == BASELINE
    assert failures[Part.FORMAT].detail == f"not formatted: {binary.path} fmt --write {root / BASELINE}"
    assert (failures[Part.TESTS].file, failures[Part.TESTS].line) == ("policies/org/more_test.rego", 3)
    assert "1 + 1 == 3" in failures[Part.TESTS].detail
    assert (failures[Part.CASES].file, failures[Part.CASES].line) == (CASES, line)
    assert failures[Part.CASES].detail.splitlines() == [
        "verdict: wanted deny, got allow because of READ_ONLY (org/baseline)",
        "reasons: missing NO",
        "reasons: not wanted READ_ONLY",
    ]
    assert report.count(Outcome.SKIPPED) == 1
    assert f"{CASES}:{line}: cases: looking at usage is allowed\n    verdict: wanted deny" in report.text()


@pytest.mark.requirement("cli.policy-test-checks", "bad-input.workspace-every-fault")
async def test_a_workspace_with_faults_is_reported_and_nothing_else_is_tried(binary: Binary, root: Path) -> None:
    line = replace(root, "agents/analyst.yaml", "[seller]", "[sellers]")
    report = await check_policies(root, binary)
    assert [(check.part, check.outcome, check.file, check.line) for check in report.checks] == [
        (Part.WORKSPACE, Outcome.FAILED, "agents/analyst.yaml", line)
    ]
    assert report.revision is None


@pytest.mark.requirement("cli.policy-test-checks")
async def test_a_test_file_is_checked_as_strictly_as_a_policy(binary: Binary, root: Path) -> None:
    put(root, "policies/org/more_test.rego", "package policies.org.more_test\n\ntest_x if {\n\tx := 1\n}\n")
    report = await check_policies(root, binary)
    assert [(check.part, check.file, check.line) for check in report.failures] == [
        (Part.WORKSPACE, "policies/org/more_test.rego", 4)
    ]


async def test_only_what_is_asked_for_is_checked(binary: Binary) -> None:
    report = await check_policies(SALES, binary, only={Part.FORMAT})
    assert {check.part for check in report.checks} == {Part.WORKSPACE, Part.FORMAT}


async def test_tests_see_the_data_of_the_bundle(binary: Binary, root: Path) -> None:
    rules = [
        "package policies.org.more_test",
        "test_limit if data.settings.limits.discount.hard == 40",
        'test_agent if data.catalogue.agents.seller.department == "sales"',
    ]
    put(root, "policies/org/more_test.rego", "\n\n".join(rules) + "\n")
    report = await check_policies(root, binary, only={Part.TESTS})
    assert report.passed, report.text()


@pytest.mark.requirement("cli.policy-test-no-false-pass")
async def test_a_case_does_not_pass_because_a_policy_fails(binary: Binary, root: Path) -> None:
    rule = '\ndeny contains {"code": "X"} if 1 / count(input.action.args) == 1\n'
    put(root, BASELINE, (root / BASELINE).read_text() + rule)
    question = "{process: contract_renewal, step: usage, action: {args: {}}}"
    put(root, CASES, f"- name: nothing to see\n  question: {question}\n  want: {{verdict: deny}}\n")
    report = await check_policies(root, binary, only={Part.CASES})
    assert [check.name for check in report.failures] == ["nothing to see"]
    assert "no decision could be had (ENGINE_ERROR" in report.failures[0].detail


async def test_many_cases_are_one_start_of_the_engine(binary: Binary, root: Path) -> None:
    case = "- name: case {n}\n  question: {process: contract_renewal, step: usage}\n  want: {verdict: allow}\n"
    put(root, CASES, "".join(case.replace("{n}", str(n)) for n in range(300)))
    report = await check_policies(root, binary, only={Part.CASES})
    assert report.passed, report.text()
    assert len(report.checks) == 301
    assert sum(check.seconds for check in report.checks if check.part is Part.CASES) < 60


@pytest.mark.requirement("cli.policy-test-junit")
def test_junit_is_what_ci_systems_read(tmp_path: Path) -> None:
    report = PolicyReport(
        (
            Check(Part.WORKSPACE, "every file can be used", Outcome.PASSED),
            Check(Part.METADATA, "a.rego", Outcome.PASSED, "a.rego"),
            Check(Part.TESTS, "a.test_x", Outcome.PASSED, "a_test.rego", 3, seconds=0.25),
            Check(Part.TESTS, "a.todo_test_y", Outcome.SKIPPED, "a_test.rego", 5),
            Check(
                Part.CASES, "a < b & \x00 \u00fc", Outcome.FAILED, "cases/a.yaml", 7, "verdict: wanted allow\nmore ]]>"
            ),
        ),
        "sha256:1",
    )
    file = tmp_path / "report.xml"
    file.write_bytes(write_junit(report))
    read = junitparser.JUnitXml.fromfile(str(file))
    assert (read.tests, read.failures, read.skipped, read.errors) == (5, 1, 1, 0)
    suites = {suite.name: list(suite) for suite in read}
    assert list(suites) == ["workspace", "format", "metadata", "tests", "cases"]
    assert [case.name for case in suites["tests"]] == ["a.test_x", "a.todo_test_y"]
    assert suites["tests"][0].time == 0.25
    (failed,) = suites["cases"]
    assert failed.name == "a < b & \ufffd \u00fc"
    assert failed.classname == "cases.cases/a.yaml"
    assert failed.result[0].message == "verdict: wanted allow"
    assert failed.result[0].text == "verdict: wanted allow\nmore ]]>"


@pytest.mark.requirement("cli.policy-test-junit")
async def test_a_real_report_becomes_junit(binary: Binary, root: Path, tmp_path: Path) -> None:
    replace(root, CASES, "want: {verdict: allow, reasons: [READ_ONLY]}", "want: {verdict: halt}")
    report = await check_policies(root, binary)
    (tmp_path / "report.xml").write_bytes(write_junit(report))
    read = junitparser.JUnitXml.fromfile(str(tmp_path / "report.xml"))
    assert (read.tests, read.failures) == (len(report.checks), 1)
