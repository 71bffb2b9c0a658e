import os
import re
import subprocess
import tomllib
from pathlib import Path
from typing import Any

import pytest

from tests.packaging.checkout import REGISTRIES, ROOT, Checkout

TARGETS = ("demo", "test", "fuzz", "lint", "proto", "bench", "clean")


def project() -> dict[str, Any]:
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


@pytest.mark.requirement("build.make-targets")
def test_make_alone_says_what_there_is(checkout: Checkout) -> None:
    said = checkout.run("make")
    for target in TARGETS:
        assert re.search(rf"^make {target} +\S", said, re.MULTILINE), said


@pytest.mark.requirement("build.make-targets")
@pytest.mark.parametrize("target", TARGETS)
def test_every_target_can_be_made_from_a_clean_clone(checkout: Checkout, target: str) -> None:
    planned = checkout.run("make", "--dry-run", target)
    if target != "clean":
        assert "-m venv --clear .venv" in planned, "it makes its own environment"
        assert re.search(r"pip install .*uv==\d", planned), "and uv comes by its name, from the package index"


@pytest.mark.requirement("build.make-bootstraps")
def test_the_uv_that_make_installs_is_the_locked_one() -> None:
    wanted = [entry for entry in project()["dependency-groups"]["dev"] if entry.startswith("uv==")]
    locked = tomllib.loads((ROOT / "uv.lock").read_text(encoding="utf-8"))["package"]
    [version] = [package["version"] for package in locked if package["name"] == "uv"]
    assert wanted == [f"uv=={version}"]


@REGISTRIES
@pytest.mark.requirement("build.make-bootstraps")
@pytest.mark.timeout(1200)
def test_make_sets_itself_up_from_nothing_and_only_once(checkout: Checkout) -> None:
    checkout.run("make", "setup")
    assert (checkout.root / ".venv/bin/uv").exists()
    assert os.access(checkout.root / "sidecar/assent_sidecar/opa/engine/opa", os.X_OK)
    assert "Nothing to be done" in checkout.run("make", "setup")
    (checkout.root / "sidecar/assent_sidecar/opa/engine/opa").unlink()
    checkout.run("make", "setup")
    assert os.access(checkout.root / "sidecar/assent_sidecar/opa/engine/opa", os.X_OK)
    assert checkout.run("git", "ls-files", "--others", "--exclude-standard") == "", "what make makes is ignored by git"
    checkout.run("make", "clean")
    assert checkout.run("git", "ls-files", "--others") == ""


def test_a_python_that_is_too_old_is_said_so(checkout: Checkout) -> None:
    done = subprocess.run(
        ["make", "setup", "PYTHON="],
        cwd=checkout.root,
        env=checkout.environ(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode != 0
    assert "Python 3.11 or newer" in done.stderr


@pytest.fixture
def recorded_make(tmp_path: Path) -> dict[str, str]:
    """An environment in which ``make`` only notes what it was asked for, and fails at the target in ``FAIL``."""
    fake = tmp_path / "make"
    fake.write_text('#!/bin/sh\necho "asked for $*"\n[ "$1" != "$FAIL" ] || exit 3\n', encoding="utf-8")
    fake.chmod(0o755)
    return {**os.environ, "PATH": f"{tmp_path}{os.pathsep}{os.environ['PATH']}"}


@pytest.mark.requirement("build.ci-run")
def test_ci_lints_then_tests_and_ends_with_what_pytest_says(recorded_make: dict[str, str], tmp_path: Path) -> None:
    done = subprocess.run(
        [ROOT / ".ci/run"], cwd=tmp_path, env=recorded_make, capture_output=True, text=True, check=True
    )
    assert done.stdout.splitlines() == ["asked for lint", "asked for test"]


@pytest.mark.requirement("build.ci-run")
@pytest.mark.parametrize(("fails", "asked"), [("lint", ["lint"]), ("test", ["lint", "test"])])
def test_ci_fails_when_a_part_of_it_fails(recorded_make: dict[str, str], fails: str, asked: list[str]) -> None:
    done = subprocess.run(
        [ROOT / ".ci/run"], env={**recorded_make, "FAIL": fails}, capture_output=True, text=True, check=False
    )
    assert done.returncode == 3
    assert done.stdout.splitlines() == [f"asked for {target}" for target in asked]


@pytest.mark.requirement("build.ci-run")
def test_lint_checks_style_types_imports_protos_and_policies(checkout: Checkout) -> None:
    planned = checkout.run("make", "--dry-run", "lint")
    for check in ("ruff check", "ruff format --check", "mypy", "lint-imports", "buf lint", "check --strict", "fmt"):
        assert check in planned


@pytest.mark.requirement("build.one-project")
def test_there_is_one_project_one_lock_and_the_lock_fits() -> None:
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout.split()
    python = [name for name in listed if name.endswith(("pyproject.toml", "uv.lock", "setup.py", "requirements.txt"))]
    assert [name for name in python if not name.startswith("examples/")] == ["pyproject.toml", "uv.lock"]
    assert project()["build-system"]["build-backend"] == "hatchling.build"
    locked = tomllib.loads((ROOT / "uv.lock").read_text(encoding="utf-8"))["package"]
    [itself] = [package for package in locked if package["name"] == "assent"]

    def stripped(requirement: str) -> str:
        return re.split(r"[\[<>=~! ]", requirement, maxsplit=1)[0]

    assert {stripped(entry) for entry in project()["project"]["dependencies"]} == {
        entry["name"] for entry in itself["metadata"]["requires-dist"]
    }
    assert {stripped(entry) for entry in project()["dependency-groups"]["dev"]} == {
        entry["name"] for entry in itself["metadata"]["requires-dev"]["dev"]
    }


@pytest.mark.requirement("build.documents")
@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("README.md", "make demo"),
        ("CONTRIBUTING.md", "make test"),
        ("CHANGELOG.md", "## [Unreleased]"),
        ("SECURITY.md", "Report"),
        ("LICENSE", "Apache License"),
    ],
)
def test_the_documents_that_everybody_looks_for_are_there(name: str, says: str) -> None:
    assert says in (ROOT / name).read_text(encoding="utf-8")
