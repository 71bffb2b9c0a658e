"""Values of runs that are never retained: here, in the memory of the server that drives the run, and nowhere else.

What is stored in their place is a mark (plan/unretained). Another server has only the marks, and so has this one once
it was started again: what needs such a value fails then (``NOT_RETAINED``), and nothing is done with a mark.
"""

import json
from collections import OrderedDict
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

from assent_orchestrator.execution.journal import StepRow
from assent_orchestrator.plan.binding import Item
from assent_orchestrator.plan.derived import Derived
from assent_orchestrator.plan.digests import Digests
from assent_orchestrator.plan.label import join
from assent_orchestrator.plan.pointer import split
from assent_orchestrator.plan.unretained import is_marked, withheld
from assent_sidecar.facts import Labels
from assent_sidecar.model import Json

NOT_RETAINED = "NOT_RETAINED"
"""Why a step fails that needs a value which was never stored, and is lost."""

MOST_BYTES = 256 * 1024 * 1024
"""How much is kept, as JSON; of what is too much, the run that was used least lately loses its values."""

_AS_JSON = 2
"""Bytes that anything has at least."""

Place = tuple[Literal["inputs", "output", "element"], str]
"""What of a run a value is, and of which row."""

INPUTS: Place = ("inputs", "")


@dataclass(frozen=True, slots=True)
class Kept:
    """A value as it is, with its labels."""

    value: Json = field(repr=False)
    labels: Labels
    size: int


class Unretained:
    """The values that are not retained, by the run and what of it they are."""

    def __init__(self, digests: Digests, most: int = MOST_BYTES) -> None:
        """Say how what has such a value is named, and how many bytes are kept."""
        self.digests = digests
        self._most = most
        self._size = 0
        self._kept: OrderedDict[str, dict[Place, Kept]] = OrderedDict()

    def __len__(self) -> int:
        return len(self._kept)

    def store(
        self,
        run_id: str,
        place: Place,
        value: Json,
        labels: Labels,
        never: Collection[str],
    ) -> tuple[Json, Labels]:
        """Return what may be stored of a value and its labels; the value itself is kept here if that is less."""
        less = withheld(value, labels, never)
        if less is None:
            return value, labels
        self.keep(run_id, place, value, labels)
        return less

    def elements(self, run_id: str, step_id: str, items: Sequence[Item], never: Collection[str]) -> list[Item]:
        """Return the elements of a step's items as they may be stored."""
        if not never:
            return list(items)
        stored = []
        for number, item in enumerate(items):
            place: Place = ("element", Derived(step_id, number).id)
            value, labels = self.store(run_id, place, item.value, item.labels, never)
            stored.append(Item(labels, item.there, value))
        return stored

    def get(self, run_id: str, place: Place) -> Kept | None:
        """Return a value that is kept; None: it was stored as it is, or it is lost."""
        run = self._kept.get(run_id)
        if run is None:
            return None
        self._kept.move_to_end(run_id)
        return run.get(place)

    def output(self, row: StepRow) -> StepRow:
        """Return a row with what it returned, as far as that is known here."""
        if row.run_id not in self._kept:
            return row
        kept = self.get(row.run_id, ("output", row.id))
        if kept is not None:
            return replace(row, output=kept.value, labels=kept.labels)
        if isinstance(row.output, list) and is_marked(row.labels or {}):
            return self._gathered(row, row.output)
        return row

    def element(self, run_id: str, item_id: str, item: Item) -> Item:
        """Return the element that an item is for, if it is known here."""
        kept = self.get(run_id, ("element", item_id))
        return item if kept is None else Item(kept.labels, item.there, kept.value)

    def forget(self, run_id: str) -> None:
        """Keep nothing of a run any more: it is over, or somebody else drives it."""
        for kept in self._kept.pop(run_id, {}).values():
            self._size -= kept.size

    def keep(self, run_id: str, place: Place, value: Json, labels: Labels) -> None:
        """Keep a value, as long as there is room."""
        run = self._kept.setdefault(run_id, {})
        self._kept.move_to_end(run_id)
        before = run.get(place)
        kept = Kept(value, labels, max(len(json.dumps(value)), _AS_JSON))
        run[place] = kept
        self._size += kept.size - (before.size if before is not None else 0)
        while self._size > self._most:
            self.forget(next(iter(self._kept)))

    def _gathered(self, row: StepRow, stored: list[Json]) -> StepRow:
        """Return the row of a step that was done for each element of a list, with what its items returned."""
        found = {number: self.get(row.run_id, ("output", Derived(row.id, number).id)) for number in range(len(stored))}
        known = {str(number): kept for number, kept in found.items() if kept is not None}
        labels = {at: said for at, said in (row.labels or {}).items() if not {*split(at)[:1]} & known.keys()}
        own = ({f"/{number}{at}": said for at, said in kept.labels.items()} for number, kept in known.items())
        output = [known[str(number)].value if str(number) in known else one for number, one in enumerate(stored)]
        return replace(row, output=output, labels=join(labels, *own))
