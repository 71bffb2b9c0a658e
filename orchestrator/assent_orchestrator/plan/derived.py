"""Rows of a run that no step of its plan has to itself: one item of a step, and the undoing of a step or an item. Pure.

Their ids hold a dot, which no name may: ``letter.0`` is the first item of ``letter``, ``letter.0.undo`` undoes it, and
``crm.undo`` undoes ``crm``. Effects, approvals and records go by the id of the row; policies see the step of the plan.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from assent_sidecar.catalogue.process import Step
from assent_sidecar.facts import StepFacts

_UNDO = ".undo"


@dataclass(frozen=True, slots=True)
class Derived:
    """What the id of a row says: the step of the plan, which item of it, and whether it undoes."""

    origin: str
    item: int | None = None
    undo: bool = False

    @property
    def id(self) -> str:
        """The id of the row."""
        return f"{self.origin}{'' if self.item is None else f'.{self.item}'}{_UNDO if self.undo else ''}"

    @property
    def plain(self) -> bool:
        """Whether the row is that of the step itself."""
        return self.item is None and not self.undo


def parse(row_id: str) -> Derived:
    """Read the id of a row."""
    whole = row_id.removesuffix(_UNDO)
    origin, _, item = whole.partition(".")
    return Derived(origin, int(item) if item else None, whole != row_id)


def item_id(step_id: str, item: int) -> str:
    """Return the id of the row of one item of a step, counted from 0."""
    return Derived(step_id, item).id


def undo_id(row_id: str) -> str:
    """Return the id of the row that undoes what another one did."""
    return f"{row_id}{_UNDO}"


def whole_id(row_id: str) -> str:
    """Return the id of a row without its item: the same for all rows of a step, and for all that undo it."""
    derived = parse(row_id)
    return Derived(derived.origin, undo=derived.undo).id


def undone_id(row_id: str) -> str:
    """Return the id of the row that the row of an undoing undoes."""
    return row_id.removesuffix(_UNDO)


def row_id(facts: StepFacts) -> str:
    """Return the id of the row that a question is about."""
    return Derived(facts.id, facts.item, facts.compensates).id


def spec_of(steps: Iterable[Step], row_id: str) -> Step:
    """Return what a row does, under the id of its step: the step of the plan, or the action that undoes it.

    Raises:
        StopIteration: the plan has no such step, or nothing that undoes it.
    """
    derived = parse(row_id)
    step = next(step for step in steps if step.id == derived.origin)
    if not derived.undo:
        return step
    compensation = next(one for one in (step.compensation,) if one is not None)
    return Step(
        id=step.id,
        agent=compensation.agent or step.agent,
        action=compensation.action,
        args=compensation.args,
        retry=step.retry,
    )
