from pathlib import Path

import pytest

from tests.orchestrator.cli.program import TEMPLATE, assent


@pytest.mark.requirement("cli.init")
def test_a_workspace_is_made_whole_and_named_after_its_folder(tmp_path: Path) -> None:
    said = assent("init", "My Refunds", cwd=tmp_path)
    assert said.code == 0, said.err
    made = tmp_path / "My Refunds"
    wanted = {
        file.relative_to(TEMPLATE) for file in TEMPLATE.rglob("*") if file.is_file() and "__pycache__" not in file.parts
    }
    assert {file.relative_to(made) for file in made.rglob("*") if file.is_file()} == wanted
    assert (made / "assent.yaml").read_text().startswith("name: my_refunds\n")


def test_json_names_every_file(tmp_path: Path) -> None:
    said = assent("init", tmp_path / "x", "--name", "refunds", "--json")
    assert said.json["name"] == "refunds"
    assert str(tmp_path / "x/policies/org/access.rego") in said.json["files"]


@pytest.mark.requirement("cli.exit-codes")
def test_nothing_is_ever_overwritten(tmp_path: Path) -> None:
    (tmp_path / "mine").write_text("keep me", encoding="utf-8")
    said = assent("init", tmp_path)
    assert (said.code, said.err) == (6, f"error: {tmp_path} is not empty; name a new folder\n")
    assert [file.name for file in tmp_path.iterdir()] == ["mine"]


def test_a_name_that_cannot_be_one_is_refused(tmp_path: Path) -> None:
    said = assent("init", tmp_path / "x", "--name", "No Name")
    assert (said.code, said.err.count("\n")) == (2, 1)
    assert not (tmp_path / "x").exists()


def test_a_file_is_not_called_a_folder_that_is_not_empty(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    said = assent("init", tmp_path / "file")
    assert (said.code, said.err) == (6, f"error: {tmp_path / 'file'} is a file; name a new folder\n")
