import configparser
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest

from tests.architecture.tree import ROOT

LINTER = Path(sys.executable).with_name("lint-imports")


def contracts() -> dict[str, Any]:
    settings: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"][
        "importlinter"
    ]
    return settings


@pytest.mark.requirement("build.import-rules-are-tests")
def test_the_rooms_import_only_downwards() -> None:
    done = subprocess.run([LINTER, "--no-cache", "--no-logo"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_contracts_cover_both_components_and_every_room() -> None:
    by_id = {contract["id"]: contract for contract in contracts()["contracts"]}
    assert by_id["components"]["layers"] == ["assent_orchestrator", "assent_sidecar"]
    assert by_id["rooms"]["exhaustive"] is True
    assert not any("ignore_imports" in contract for contract in by_id.values()), "an exception: move the file instead"


def test_the_map_names_every_room() -> None:
    page = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    [rooms] = [contract for contract in contracts()["contracts"] if contract["id"] == "rooms"]
    names = {name.strip() for layer in rooms["layers"] for name in layer.replace(":", "|").split("|")}
    there = {name for name in names if not name.startswith(("(", "_"))}  # in brackets: rooms that are not built yet
    missing = [name for name in sorted(there) if f"`{name}`" not in page and f"`{name}/`" not in page]
    assert not missing, f"docs/architecture.md does not say what these are: {missing}"


def test_an_import_upwards_is_found(tmp_path: Path) -> None:
    """The linter, with our contract, on a tree where a low room reaches for a high one."""
    package = tmp_path / "assent_orchestrator"
    [rooms] = [contract for contract in contracts()["contracts"] if contract["id"] == "rooms"]
    names = {name.strip(" ()") for layer in rooms["layers"] for name in layer.replace(":", "|").split("|")}
    for name in sorted(names):
        (package / name).mkdir(parents=True)
        (package / name / "__init__.py").touch()
    (package / "__init__.py").touch()
    (package / "plan" / "graph.py").write_text("import assent_orchestrator.governance\n", encoding="utf-8")
    settings = configparser.ConfigParser()
    settings["importlinter"] = {"root_package": "assent_orchestrator"}
    settings["importlinter:contract:rooms"] = {
        "name": rooms["name"],
        "type": "layers",
        "containers": "\nassent_orchestrator",
        "layers": "\n" + "\n".join(rooms["layers"]),
    }
    with (tmp_path / ".importlinter").open("w", encoding="utf-8") as file:
        settings.write(file)
    done = subprocess.run(
        [LINTER, "--no-cache", "--no-logo", "--config", ".importlinter"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1, done.stdout + done.stderr
    assert "assent_orchestrator.plan.graph -> assent_orchestrator.governance" in done.stdout
