"""What is wrong with a workspace: every fault at once, each with its file and line."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True, order=True)
class WorkspaceFault:
    """One thing a human has to change.

    ``file`` is relative to the workspace, with forward slashes; ``line`` counts from 1 and is 1 for faults of a whole
    file or folder.
    """

    file: str
    line: int
    reason: str

    def __str__(self) -> str:
        """Return ``file:line: reason``, the form editors jump to."""
        return f"{self.file}:{self.line}: {self.reason}"


class WorkspaceError(Exception):
    """The workspace cannot be used; ``faults`` holds every reason, sorted by file and line.

    ``root`` is which workspace it is, where that is known.
    """

    def __init__(self, faults: tuple[WorkspaceFault, ...], root: Path | None = None) -> None:
        """Name every fault."""
        self.root = root
        self.faults = tuple(sorted(set(faults)))
        super().__init__("\n".join(str(fault) for fault in self.faults))
