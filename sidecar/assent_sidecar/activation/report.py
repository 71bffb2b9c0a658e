"""What a rehearsal found: what failed, how much passed, and what the new bundle decides otherwise."""

from collections.abc import Iterable, Sequence
from typing import Annotated

from pydantic import Field

from assent_sidecar.bundle.refusal import BundleRehearsalError
from assent_sidecar.decision import Decided
from assent_sidecar.model import Document
from assent_sidecar.policy.report import Check, Outcome, Part

SHOWN = 50
"""Failures and differences that are kept and shown; the rest is counted."""

_LONGEST = 2000


class Failure(Document):
    """One thing that failed, where it is written in the workspace that the bundle was built of."""

    part: str
    name: str
    file: str
    line: int
    detail: str

    def __str__(self) -> str:
        """Return ``file:line: part: name: detail``, the form editors jump to."""
        place = f"{self.file}:{self.line}: " if self.file else ""
        said = next((line for line in self.detail.splitlines() if line.strip()), "")
        # What OPA shows of a failed test begins with its place and its name.
        more = "" if self.part == Part.TESTS or said == self.name else said.removeprefix(f"{self.name}: ")
        return f"{place}{self.part}: {self.name}{f': {more}' if more else ''}"


class Difference(Document):
    """A question that the two bundles answer differently: ``case`` (and its step), and both answers in words."""

    case: str
    before: str
    after: str


class RehearsalReport(Document):
    """What became of the rehearsal of ``revision`` on an engine of that version.

    ``passed_parts`` counts by part what passed. ``against`` is the bundle that was in force, whose cases were put to
    both; None when there was none. ``differences`` are not failures: people look at them. ``failed`` and ``differing``
    count all of them, also those that are left out. ``seconds`` is how long it took, ``carried`` whether the bundle
    carries tests or cases at all.
    """

    revision: str
    engine_version: str
    carried: bool
    passed_parts: dict[str, int] = Field(default_factory=dict)
    failures: tuple[Failure, ...] = ()
    failed: int = 0
    against: str | None = None
    compared: int = 0
    differences: tuple[Difference, ...] = ()
    differing: int = 0
    seconds: Annotated[float, Field(ge=0)] = 0.0

    @property
    def passed(self) -> bool:
        """Whether nothing failed."""
        return self.failed == 0

    def require_passed(self) -> None:
        """Pass when nothing failed.

        Raises:
            BundleRehearsalError: something did; each line after the first names it.
        """
        if self.passed:
            return
        lines = [str(failure) for failure in self.failures]
        if self.failed > len(lines):
            lines.append(f"and {self.failed - len(lines)} more")
        head = f"the bundle {self.revision} did not pass its rehearsal, {self.failed} of its checks failed"
        head += f" (assent policy test shows them in its workspace): {lines[0]}"
        raise BundleRehearsalError("\n".join((head, *lines[1:])))

    @property
    def summary(self) -> str:
        """One line for a log."""
        passed = ", ".join(f"{count} {part}" for part, count in self.passed_parts.items()) or "nothing"
        said = f"rehearsed in {self.seconds:.1f} s: {passed} passed"
        if self.failed:
            said += f", {self.failed} failed"
        if not self.carried:
            said += "; it carries neither tests nor cases"
        if self.against is not None:
            said += f"; {self.differing} answers differ, of the {self.compared} cases of {self.against}"
        return said


def report_of(
    revision: str,
    engine_version: str,
    checks: Sequence[Check],
    *,
    carried: bool,
    against: str | None = None,
    compared: int = 0,
    differences: Sequence[Difference] = (),
    seconds: float = 0.0,
) -> RehearsalReport:
    """Put the report together."""
    failed = [check for check in checks if check.outcome is Outcome.FAILED]
    counts = {str(part): sum(one.part is part and one.outcome is Outcome.PASSED for one in checks) for part in Part}
    return RehearsalReport(
        revision=revision,
        engine_version=engine_version,
        carried=carried,
        passed_parts={part: count for part, count in counts.items() if count},
        failures=tuple(
            Failure(
                part=str(one.part),
                name=one.name[:300],
                file=one.file[:300],
                line=one.line,
                detail=one.detail[:_LONGEST],
            )
            for one in failed[:SHOWN]
        ),
        failed=len(failed),
        against=against,
        compared=compared,
        differences=tuple(differences[:SHOWN]),
        differing=len(differences),
        seconds=round(seconds, 3),
    )


def differences_of(case: str, before: Decided, after: Decided) -> Iterable[Difference]:
    """Yield where two answers to one question differ in verdict, reason codes or the branch that is taken."""
    first, second = _answers(before), _answers(after)
    for step in dict.fromkeys((*first, *second)):
        one, other = first.get(step, "nothing"), second.get(step, "nothing")
        if one != other:
            yield Difference(case=f"{case} / {step}" if step else case, before=one, after=other)


def _answers(decided: Decided) -> dict[str, str]:
    decision = decided.decision
    whole = _words(str(decision.verdict), decided.codes)
    if decision.taken is not None:
        whole += " taken" if decision.taken else " not taken"
    steps = {
        name: _words(str(step.verdict), (reason.code for reason in step.reasons))
        for name, step in decision.steps.items()
    }
    return {"": whole, **steps}


def _words(verdict: str, codes: Iterable[str]) -> str:
    return " ".join((verdict, *sorted(set(codes))))
