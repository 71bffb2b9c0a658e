"""Which files a workspace consists of; everything else in the folder is not Assent's business."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from assent_sidecar.bundle.fault import WorkspaceFault

DOCUMENTS = ("systems", "agents", "processes", "data", "cases")
"""The folders that hold YAML files, one document each, side by side."""

POLICIES = "policies"

_ALSO_FINE = frozenset({".md", ".txt"})


@dataclass(frozen=True, slots=True)
class Tree:
    """Paths relative to the workspace, with forward slashes, sorted; ``faults`` are files that cannot be meant."""

    documents: dict[str, tuple[str, ...]]
    policies: tuple[str, ...]
    has_memory: bool
    has_ledgers: bool
    faults: tuple[WorkspaceFault, ...]


def list_tree(root: Path) -> Tree:
    """List the files of the workspace at ``root``; reads no file."""
    faults: list[WorkspaceFault] = []
    documents = {folder: tuple(_documents(root, folder, faults)) for folder in DOCUMENTS}
    policies = tuple(_policies(root, faults))
    faults.extend(
        WorkspaceFault(name, 1, f"files of a workspace end in .yaml: name it {Path(name).stem}.yaml")
        for name in ("assent.yml", "memory.yml", "ledgers.yml")
        if os.path.lexists(root / name)
    )
    has_memory, has_ledgers = (os.path.lexists(root / name) for name in ("memory.yaml", "ledgers.yaml"))
    return Tree(documents, policies, has_memory, has_ledgers, tuple(faults))


def _documents(root: Path, folder: str, faults: list[WorkspaceFault]) -> Iterator[str]:
    for path, is_folder in _walk(root, folder, faults):
        if is_folder:
            faults.append(WorkspaceFault(path, 1, f"{folder}/ holds files only: one document a file, side by side"))
        elif path.endswith(".yaml"):
            yield path
        elif Path(path).suffix not in _ALSO_FINE:
            faults.append(WorkspaceFault(path, 1, f"only .yaml files belong into {folder}/"))


def _policies(root: Path, faults: list[WorkspaceFault], folder: str = POLICIES) -> Iterator[str]:
    for path, is_folder in _walk(root, folder, faults):
        if is_folder:
            yield from _policies(root, faults, path)
        elif path.endswith(".rego"):
            yield path
        elif Path(path).suffix not in _ALSO_FINE:
            faults.append(WorkspaceFault(path, 1, f"only .rego files belong into {POLICIES}/"))


def _walk(root: Path, folder: str, faults: list[WorkspaceFault]) -> Iterator[tuple[str, bool]]:
    """Yield what is directly inside ``folder`` and whether it is a folder; hidden names are left alone."""
    here = root / folder
    if not os.path.lexists(here):
        return
    if here.is_symlink() or not here.is_dir():
        faults.append(WorkspaceFault(folder, 1, "this must be a folder, and not a link to one"))
        return
    with os.scandir(here) as entries:
        found = sorted(entries, key=lambda entry: entry.name)
    for entry in found:
        if entry.name.startswith("."):
            continue
        path = f"{folder}/{entry.name}"
        if entry.is_dir(follow_symlinks=False):
            yield path, True
        elif entry.is_symlink() and os.path.isdir(entry.path):  # noqa: PTH112 - false, not an error, for links in a circle
            faults.append(WorkspaceFault(path, 1, "a linked folder is not read: put the files here"))
        else:
            yield path, False
