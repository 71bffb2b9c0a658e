"""Copies of the fixture workspaces that a test may break."""

import shutil
from pathlib import Path

from assent_sidecar.bundle.fault import WorkspaceError, WorkspaceFault
from assent_sidecar.bundle.workspace import load_workspace

SALES = Path(__file__).parent / "workspaces" / "sales"
CAMPAIGN = "processes/campaign.yaml"
PROCESS = "processes/contract_renewal.yaml"


def copy_of(source: Path, folder: Path) -> Path:
    """Return a copy of a workspace in ``folder``."""
    return Path(shutil.copytree(source, folder / "workspace"))


def put(root: Path, file: str, content: str | bytes) -> None:
    """Write one file of a workspace."""
    path = root / file
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content.encode() if isinstance(content, str) else content)


def replace(root: Path, file: str, old: str, new: str) -> int:
    """Replace the one place in a file that says ``old``, and return its line."""
    text = (root / file).read_text()
    assert text.count(old) == 1, f"{file} says {old!r} {text.count(old)} times"
    put(root, file, text.replace(old, new))
    return text[: text.index(old)].count("\n") + 1


def campaign(root: Path) -> None:
    """Put the process that the manual has as its example into a workspace."""
    manual = (Path(__file__).parents[2] / "docs" / "workspace.md").read_text(encoding="utf-8")
    example = manual.partition("```yaml\nname: campaign\n")[2].partition("```")[0]
    assert example
    put(root, CAMPAIGN, f"name: campaign\n{example}".encode())


def faults_of(root: Path) -> tuple[WorkspaceFault, ...]:
    """Return what is wrong with a workspace; nothing when it loads."""
    try:
        load_workspace(root)
    except WorkspaceError as error:
        return error.faults
    return ()
