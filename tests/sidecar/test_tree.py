import os
from pathlib import Path

import pytest

from assent_sidecar.bundle.source import MAX_BYTES
from assent_sidecar.bundle.workspace import load_workspace
from tests.sidecar.workspace_copies import faults_of, put


@pytest.mark.requirement("bad-input.workspace-every-fault")
@pytest.mark.parametrize(
    ("file", "content", "line", "reason"),
    [
        ("systems/erp.yaml", b"", 1, "the file is empty"),
        ("systems/erp.yaml", b"# nothing\n", 1, "the file is empty"),
        ("systems/erp.yaml", b"name: erp\ntitle: \xff\n", 2, "the file is not UTF-8"),
        ("systems/erp.yaml", b"name: erp\ntitle: [\n", 3, "this is not YAML"),
        ("systems/erp.yaml", b"- 1\n", 1, "should be an object"),
        ("systems/erp.yaml", b"name: erp\n", 1, "the key 'operations' is missing"),
        ("systems/erp.yaml", b"#" * (MAX_BYTES + 1), 1, "larger than"),
        ("systems/erp.yml", b"name: erp\n", 1, "only .yaml files belong into systems/"),
        ("assent.yml", b"name: sales\n", 1, "name it assent.yaml"),
        ("systems/more/erp.yaml", b"name: erp\n", 1, "holds files only"),
        ("data/2026.yaml", b"a: 1\n", 1, "cannot be a name in data.settings"),
        ("policies/base.rego", b"package policies.base\n", 1, "a policy belongs into"),
        ("policies/team/base.rego", b"package policies.team.base\n", 1, "a policy belongs into"),
        ("policies/department/base.rego", b"package policies.department.base\n", 1, "a policy belongs into"),
        ("policies/department/legal/a.rego", b"package policies.department.legal.a\n", 1, "no agent and no process"),
        ("policies/process/hiring/a.rego", b"package policies.process.hiring.a\n", 1, "there is no process 'hiring'"),
        ("policies/org/Big.rego", b"package policies.org.Big\n", 1, "cannot be part of a package"),
        ("policies/org/lib/deny.rego", b"package policies.org.lib.deny\n", 1, "a helper package cannot be named"),
        ("policies/org/notes.yaml", b"a: 1\n", 1, "only .rego files belong into policies/"),
        ("policies/org/none.rego", b"# nothing here\n", 1, "holds only comments"),
        ("policies/org/late.rego", b"# x\n\nimport data.x\n", 3, "the first statement must be"),
        ("cases/empty.yaml", b"[]\n", 1, "at least 1 item"),
        ("cases/more.yaml", b"- name: x\n  question: {process: p}\n  want: {verdict: allow}\n", 2, "no process 'p'"),
    ],
)
def test_a_file_that_cannot_be_used_is_told(root: Path, file: str, content: bytes, line: int, reason: str) -> None:
    put(root, file, content)
    found = faults_of(root)
    assert [(fault.file, fault.line) for fault in found if reason in fault.reason] == [
        (file if "more/" not in file else "systems/more", line)
    ], f"not found among {found}"


def test_a_folder_without_a_manifest_is_no_workspace(tmp_path: Path) -> None:
    assert [fault.file for fault in faults_of(tmp_path)] == ["assent.yaml"]


def test_other_files_of_a_repository_are_left_alone(root: Path) -> None:
    for file in ("README.md", "compose.yaml", "tools/a.yaml", "systems/README.md", "policies/.regal/x", ".git/config"):
        put(root, file, "a: [\n")
    assert faults_of(root) == ()


@pytest.mark.requirement("bad-input.workspace-stays-inside")
@pytest.mark.parametrize("file", ["systems/erp.yaml", "policies/org/linked.rego", "memory.yaml"])
def test_a_link_out_of_the_workspace_is_refused(root: Path, tmp_path: Path, file: str) -> None:
    put(tmp_path, "outside", "package policies.org.linked\n")
    (root / file).unlink(missing_ok=True)
    (root / file).symlink_to(tmp_path / "outside")
    assert [(fault.file, fault.reason) for fault in faults_of(root)] == [(file, "a link leads out of the workspace")]


@pytest.mark.requirement("bad-input.workspace-stays-inside")
def test_a_link_inside_the_workspace_is_followed(root: Path) -> None:
    (root / "limits.shared").write_text("free: 1\n")
    (root / "data/more.yaml").symlink_to(root / "limits.shared")
    assert load_workspace(root).catalogue.data["more"] == {"free": 1}


@pytest.mark.requirement("bad-input.workspace-stays-inside")
@pytest.mark.parametrize("file", ["systems", "policies/org/linked"])
def test_a_linked_folder_is_refused(root: Path, tmp_path: Path, file: str) -> None:
    (root / file).rename(tmp_path / "moved") if (root / file).exists() else (tmp_path / "moved").mkdir()
    (root / file).symlink_to(tmp_path / "moved")
    assert file in {fault.file for fault in faults_of(root)}


def test_what_is_no_file_is_not_opened(root: Path) -> None:
    os.mkfifo(root / "data/pipe.yaml")
    (root / "data/round.yaml").symlink_to(root / "data/round.yaml")
    (root / "data/gone.yaml").symlink_to(root / "data/nothing")
    reasons = {fault.file: fault.reason for fault in faults_of(root)}
    assert reasons["data/pipe.yaml"] == "this is not a regular file"
    assert "link leads in a circle" in reasons["data/round.yaml"] or "cannot be read" in reasons["data/round.yaml"]
    assert "cannot be read" in reasons["data/gone.yaml"]
