import re
from pathlib import PurePath

import pytest

from tests.architecture.tree import files, read

TOP = {
    # what a newcomer reads
    "README.md", "CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md", "LICENSE",
    # how it is built and checked
    "pyproject.toml", "uv.lock", "Makefile", "hatch_build.py", ".ci", ".editorconfig", ".gitignore",
    # the parts
    "proto", "sidecar", "rego", "orchestrator", "engine", "examples", "benchmarks", "tests", "docs", "deploy",
}  # fmt: skip
VAGUE = {"utils", "util", "helpers", "helper", "common", "manager", "misc"}
LONGEST = 500
LONGEST_TEST = 600
# Written by programs, for programs: they name the registries that they were made from.
LOCK_FILES = ("uv.lock", "go.sum", "package-lock.json")
THIS_FILE = "tests/architecture/test_files.py"
ELSEWHERE = re.compile(
    r"""(?<![\w.$}])/(?:work|root|opt/wheels|Users/\w+|home/\w+)/"""
    r"""|pypi\.org|pythonhosted\.org|proxy\.golang\.org|sum\.golang\.org|registry\.npmjs\.org|crates\.io"""
    r"""|repo\d?\.maven|deb\.debian\.org"""
)


@pytest.mark.requirement("build.tree")
def test_the_top_of_the_tree_is_what_the_architecture_says() -> None:
    there = {PurePath(name).parts[0] for name in files()}
    # Generated and vendored files are left out of the list, so `proto` counts by its own sources.
    assert there - TOP == set(), (
        "a new top-level entry: put it into the part that it belongs to, or into TOP and CONTRIBUTING.md"
    )
    assert TOP - there == set(), "the tree promises these"


@pytest.mark.requirement("build.tree")
def test_every_file_says_one_noun() -> None:
    vague = [name for name in files(".py", ".rego", ".proto") if VAGUE & set(PurePath(name).with_suffix("").parts)]
    assert not vague, f"a name that fits everything hides what is inside; name the noun: {vague}"


@pytest.mark.requirement("build.tree")
def test_no_file_is_too_long_to_be_read_in_one_go() -> None:
    lengths = {name: read(name).count("\n") for name in files(".py", ".rego", ".proto", ".js", ".ts", ".go")}
    long = {
        name: lines
        for name, lines in lengths.items()
        if lines > (LONGEST_TEST if name.startswith("tests/") or name.endswith("_test.rego") else LONGEST)
    }
    assert not long, f"these hold more than one noun, divide them: {long}"


@pytest.mark.requirement("build.tree")
def test_the_component_folders_cannot_be_imported_by_accident() -> None:
    folders = ("sidecar", "orchestrator", "rego", "proto")
    importable = [name for name in files("__init__.py") if name in {f"{folder}/__init__.py" for folder in folders}]
    assert not importable, f"{importable}: other distributions own packages of these names"


def test_nothing_names_one_persons_machine_or_a_registry() -> None:
    found = []
    for name in files():
        if name.endswith(LOCK_FILES) or name == THIS_FILE:
            continue
        try:
            text = read(name)
        except UnicodeDecodeError:  # a picture
            continue
        found += [f"{name}:{number}" for number, line in enumerate(text.splitlines(), 1) if ELSEWHERE.search(line)]
    assert not found, f"this works on one machine only, or fixes where packages come from: {found}"


@pytest.mark.parametrize("line", ["cd /work/main", "see /home/ann/x", "index = 'https://pypi.org/simple'"])  # fmt: skip
def test_a_machines_path_is_recognised(line: str) -> None:
    assert ELSEWHERE.search(line)


@pytest.mark.parametrize("line", ["docs/work/x", "${HOME}/work/", "/var/lib/assent", "https://example.com/home/a/"])
def test_an_ordinary_path_is_not(line: str) -> None:
    assert not ELSEWHERE.search(line)
