"""What happened in a run that its steps do not say: who answered, what was handed over, what services asked further."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from assent.v1 import runs_pb2 as wire

_ANSWERS = frozenset({"approval.answered", "approval.withdrawn", "approval.chosen"})
"""The events in which a person says something of a step; others repeat it, or say what follows."""


@dataclass(slots=True)
class _Said:
    """What somebody said of a step, ``alone`` where they broke the glass for it."""

    event: wire.RunEvent
    alone: bool = False

    def told_at(self, step: str) -> str:
        """Return it as it is told at a step: at another one that it holds for, with where it was asked."""
        said = f"{_hand_over(self.event)} " if self.event.handed_over_by else ""
        at = f" at {self.event.step}" if step != self.event.step else ""
        return f"{said}{answer_text(self.event)}{', alone' if self.alone else ''}{at}"


@dataclass(slots=True)
class Story:
    """What the events of a run tell beside the states of its steps."""

    further: list[wire.RunEvent] = field(default_factory=list)
    """What services asked that were called in it, permitted or not, in order."""

    _people: dict[str, list[_Said]] = field(default_factory=dict)
    _hand_overs: dict[str, wire.RunEvent] = field(default_factory=dict)

    @classmethod
    def of(cls, events: Iterable[wire.RunEvent]) -> "Story":
        """Return what the events tell."""
        made = cls()
        for event in events:
            made._hear(event)
        return made

    def answers(self, step: str) -> str:
        """Return what people said of a step, or of work passing to it: ``approved by lena, edited``."""
        return "; ".join(one.told_at(step) for one in self._people.get(step, ()))

    def hand_over(self, step: wire.Step) -> str:
        """Return which hand-over the last decision on a step is about; empty where it is about something else."""
        event = self._hand_overs.get(step.decision.decision_id) if step.decision.decision_id else None
        if event is None:
            return ""
        return _hand_over(event)

    def _hear(self, event: wire.RunEvent) -> None:
        if event.event == "handoff.decided":
            self._hand_overs[event.decision_id] = event
        elif event.HasField("further") and event.verdict:
            self.further.append(event)
        elif event.event in _ANSWERS:
            said = _Said(event)
            for step in dict.fromkeys((event.step, *event.takers)):
                self._people.setdefault(step, []).append(said)
        elif event.event == "approval.broke_glass" and event.step in self._people:
            self._people[event.step][-1].alone = True


def answer_text(event: wire.RunEvent) -> str:
    """Return who said what, and in whose place: ``approved by lena for dora, edited``; empty where nobody did."""
    if not event.approver:
        return ""
    instead = f" for {event.stood_in_for}" if event.stood_in_for else ""
    return f"{event.answer} by {event.approver}{instead}{', edited' if event.edits else ''}"


def _hand_over(event: wire.RunEvent) -> str:
    return f"hand-over from {event.handed_over_by} to {event.handed_over_to}"
