"""Why a command cannot do what it was told, in one line with what to do; further lines only where there are faults."""

from collections.abc import Iterable
from pathlib import Path

from assent_orchestrator.cli.exit_code import ExitCode
from assent_sidecar.bundle.fault import WorkspaceError
from assent_sidecar.bundle.refusal import (
    BundleAuthorError,
    BundleKeyError,
    BundleMalformedError,
    BundleOlderError,
    BundleRehearsalError,
    BundleSignatureError,
    BundleUnsignedError,
    OrgLoosenedError,
    OrgMissingError,
)
from assent_sidecar.errors import EngineSettingsError, SidecarError

SHOWN = 50
"""Lines of details at most; the rest is counted."""


class Problem(Exception):  # noqa: N818 -- what a person is told; the error behind it is its cause
    """The one thing that is printed, as ``error: message``, with one more line for each detail."""

    def __init__(
        self,
        message: str,
        exit_code: ExitCode,
        *,
        code: str = "",
        details: Iterable[str] = (),
        total: int | None = None,
    ) -> None:
        """Say what is wrong and what to do. ``code`` is for programs; ``total`` counts details that were left out."""
        super().__init__(message)
        self.message = message
        self.exit_code = exit_code
        self.code = code or exit_code.name
        self.details = tuple(details)
        self.total = max(total or 0, len(self.details))

    @property
    def lines(self) -> tuple[str, ...]:
        """What to print, line by line."""
        left_out = self.total - len(self.details[:SHOWN])
        more = (f"  ... and {left_out} more",) if left_out else ()
        return (f"error: {self.message}", *(f"  {detail}" for detail in self.details[:SHOWN]), *more)


def sidecar_problem(error: SidecarError) -> Problem:
    """Return what is wrong with the engine, or with a bundle."""
    kinds: tuple[tuple[ExitCode, tuple[type[SidecarError], ...]], ...] = (
        (ExitCode.USAGE, (EngineSettingsError,)),
        (ExitCode.NOT_ALLOWED, (BundleKeyError, BundleUnsignedError, BundleSignatureError, BundleAuthorError)),
        (ExitCode.INVALID, (BundleMalformedError, BundleRehearsalError, OrgLoosenedError, OrgMissingError)),
        (ExitCode.CONFLICT, (BundleOlderError,)),
    )
    kind = next((kind for kind, types in kinds if isinstance(error, types)), ExitCode.UNAVAILABLE)
    what, *details = str(error).splitlines() or [type(error).__name__]
    return Problem(what, kind, code=error.code, details=details)


def workspace_problem(root: Path, error: WorkspaceError) -> Problem:
    """Return every fault of a workspace as ``file:line: reason``, the form editors jump to."""
    count = len(error.faults)
    message = f"the workspace {root} has {count} fault{'s'[: count != 1]}; mend what is listed and try again"
    details = (f"{root / fault.file}:{fault.line}: {fault.reason}" for fault in error.faults)
    return Problem(message, ExitCode.INVALID, code="WORKSPACE_FAULTS", details=details)
