"""What a policy check found, for people, programs and JUnit."""

from dataclasses import dataclass, field
from enum import StrEnum


class Part(StrEnum):
    """The parts of a policy check, in the order they run."""

    WORKSPACE = "workspace"
    FORMAT = "format"
    METADATA = "metadata"
    TESTS = "tests"
    CASES = "cases"


class Outcome(StrEnum):
    """How one check ended."""

    PASSED = "passed"
    FAILED = "failed"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was checked.

    ``file`` and ``line`` are where it is written, relative to the workspace; ``detail`` says what is wrong, in lines
    for people, and is empty for what passed. ``seconds`` is how long it took, as far as that is known.
    """

    part: Part
    name: str
    outcome: Outcome
    file: str = ""
    line: int = 1
    detail: str = ""
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class PolicyReport:
    """Every check, and the revision that the checked workspace has (None when no bundle can be built of it).

    ``doubts`` say what no check failed by and nobody will have meant, a line each.
    """

    checks: tuple[Check, ...]
    revision: str | None = None
    parts: tuple[Part, ...] = field(default=tuple(Part))
    doubts: tuple[str, ...] = ()

    @property
    def failures(self) -> tuple[Check, ...]:
        """The checks that failed."""
        return tuple(check for check in self.checks if check.outcome is Outcome.FAILED)

    @property
    def passed(self) -> bool:
        """Whether something was checked and nothing failed."""
        return bool(self.checks) and not self.failures

    def count(self, outcome: Outcome) -> int:
        """Return how many checks ended so."""
        return sum(check.outcome is outcome for check in self.checks)

    def text(self) -> str:
        """Return what failed and a summary, in lines that editors can jump from."""
        lines: list[str] = []
        for check in self.failures:
            place = f"{check.file}:{check.line}: " if check.file else ""
            lines.append(f"{place}{check.part}: {check.name}")
            lines.extend(f"    {line}" for line in check.detail.splitlines())
        lines.extend(f"doubt: {doubt}" for doubt in self.doubts)
        passed, failed, skipped = (self.count(outcome) for outcome in Outcome)
        lines.append(f"{passed} passed, {failed} failed, {skipped} skipped")
        return "\n".join(lines)
