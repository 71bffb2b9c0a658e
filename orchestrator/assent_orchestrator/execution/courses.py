"""Where runs stand that this server drives, by heart: as they were read, and what it wrote itself since.

Who drives a run is nearly alone in changing it, so looking again after each step finds what is known. Nothing is
permitted on the strength of it: whatever is written is bound to how things were, and refused if they are not so any
more (audit/stride). What others do to a run is told by a hint, which makes it be read again.
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Any

from assent_orchestrator.audit.stride import Stride
from assent_orchestrator.execution.journal import RunRow, StepRow
from assent_orchestrator.plan.state import FOLLOWING_STEPS, TERMINAL_STEPS, RunState, StepState

_LONG = frozenset({"decision", "output", "labels"})
_FACTS = frozenset(one.name for one in fields(StepRow)) - _LONG


@dataclass(frozen=True, slots=True)
class Course:
    """A run and its rows, without what is long of them."""

    run: RunRow
    rows: Mapping[str, StepRow]

    @property
    def plain(self) -> bool:
        """Whether nothing is to be seen to but its steps, one by one."""
        run = self.run
        goes_on = run.state is RunState.RUNNING and run.reason is None and not run.paused
        derived = any(row.derived or row.state in FOLLOWING_STEPS for row in self.rows.values())
        return goes_on and run.cancel_requested is None and not derived


class Courses:
    """The courses of runs under way, by id. Only plain ones are kept; all else is read each time."""

    def __init__(self) -> None:
        """Begin with none."""
        self._kept: dict[str, Course] = {}
        self._looking: dict[str, object] = {}

    def __len__(self) -> int:
        return len(self._kept)

    def get(self, run_id: str) -> Course | None:
        """Return the course of a run, if it is known by heart."""
        return self._kept.get(run_id)

    def look(self, run_id: str) -> object:
        """Begin to read where a run stands; return what ``keep`` is to be called with."""
        self._looking[run_id] = token = object()
        return token

    def keep(self, token: object, run: RunRow, rows: Mapping[str, StepRow]) -> None:
        """Know from now on what was read since ``look``, unless something was written or heard meanwhile."""
        if self._looking.get(run.id) is not token:
            return
        del self._looking[run.id]
        course = Course(run, rows)
        if course.plain:
            self._kept[run.id] = course

    def follow(self, stride: Stride) -> None:
        """Note what this server just wrote of a step."""
        self._looking.pop(stride.run, None)
        course = self._kept.get(stride.run)
        if course is None:
            return
        row = course.rows.get(stride.step)
        if row is None:
            self.forget(stride.run)
            return
        values: dict[str, Any] = {name: value for name, value in stride.values.items() if name in _FACTS}
        values["state"] = StepState(values["state"])
        decision = stride.values.get("decision")
        if isinstance(decision, dict):
            values["verdict"] = decision["decision"]["verdict"]
        self._kept[stride.run] = replace(course, rows={**course.rows, stride.step: replace(row, **values)})

    def settle(self, run_id: str, step_id: str) -> None:
        """Forget a run after an attempt at a step, unless all that the attempt did was followed to its end."""
        course = self._kept.get(run_id)
        row = course.rows.get(step_id) if course is not None else None
        if row is None or row.state not in TERMINAL_STEPS:
            self.forget(run_id)

    def forget(self, run_id: str) -> None:
        """Know nothing of a run any more: something of it was, or is about to be, changed in another way."""
        self._kept.pop(run_id, None)
        self._looking.pop(run_id, None)
