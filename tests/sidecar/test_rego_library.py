import json
from pathlib import Path

import pytest

from assent_sidecar.bundle.command import run
from assent_sidecar.bundle.library import library_modules, library_root, question_schema
from assent_sidecar.opa.binary import Binary, find_binary


@pytest.fixture(scope="module")
def binary() -> Binary:
    return find_binary({})


@pytest.fixture(scope="module")
def library() -> Path:
    return library_root() / "assent"


@pytest.mark.requirement("sidecar.library-proven")
async def test_the_library_is_formatted_and_strict(binary: Binary, library: Path) -> None:
    assert (await run(binary, "fmt", "--list", ".", cwd=library)).stdout == b""
    schema = question_schema()
    assert schema is not None
    checked = await run(binary, "check", "--strict", "--bundle", "--schema", str(schema), ".", cwd=library)
    assert (checked.status, checked.stderr) == (0, "")


@pytest.mark.requirement("sidecar.library-proven")
async def test_the_tests_of_the_library_pass_and_cover_all_of_it(binary: Binary, library: Path) -> None:
    arguments = ("test", "--bundle", "--coverage", "--format", "json", "--threshold", "100", ".")
    done = await run(binary, *arguments, cwd=library)
    assert done.status == 0, done.stdout.decode() + done.stderr
    coverage = json.loads(done.stdout)
    covered = {name.removeprefix("./") for name, file in coverage["files"].items() if file.get("covered")}
    assert {path.removeprefix("assent/") for path, _ in library_modules()} <= covered


@pytest.mark.requirement(
    "sidecar.library-default-deny", "sidecar.library-strictest-wins", "sidecar.library-approval-bound"
)
async def test_the_promises_of_the_library_are_among_its_tests(binary: Binary, library: Path) -> None:
    done = await run(binary, "test", "--bundle", "--format", "json", ".", cwd=library)
    passed = {test["name"] for test in json.loads(done.stdout) if not test.get("fail")}
    assert {
        "test_without_policies_nothing_is_granted",
        "test_a_malformed_finding_denies",
        "test_the_strictest_verdict_wins",
        "test_a_narrower_scope_cannot_lift",
        "test_stages_of_all_findings_are_needed_those_of_the_wider_scope_first",
        "test_an_answer_does_not_count_when_something_differs",
    } <= passed


@pytest.mark.requirement("orchestrator.defer-calendar")
async def test_business_hours_and_freeze_windows_are_among_its_tests(binary: Binary, library: Path) -> None:
    done = await run(binary, "test", "--bundle", "--format", "json", "--run", "calendar_test", ".", cwd=library)
    failed = [test["name"] for test in json.loads(done.stdout) if test.get("fail")]
    passed = {test["name"] for test in json.loads(done.stdout) if not test.get("fail")}
    assert failed == []
    assert {
        "test_within_business_hours",
        "test_outside_of_business_hours",
        "test_when_business_hours_begin",
        "test_the_windows_that_a_moment_is_in",
        "test_it_thaws_when_the_last_of_them_ends",
        "test_what_are_no_windows",
    } <= passed


async def test_every_package_of_the_library_says_what_it_is(binary: Binary, library: Path) -> None:
    done = await run(binary, "inspect", "--annotations", "--format", "json", ".", cwd=library)
    inspected = json.loads(done.stdout)
    described = {
        ".".join(part["value"] for part in one["path"])
        for one in inspected["annotations"]
        if one["annotations"]["scope"] == "package" and one["annotations"].get("title")
    }
    packages = {name for name in inspected["namespaces"] if not name.endswith("_test")} - {"data"}
    assert packages <= described
    entrypoints = [one for one in inspected["annotations"] if one["annotations"].get("entrypoint")]
    assert [".".join(part["value"] for part in one["path"]) for one in entrypoints] == ["data.assent.decision"]
