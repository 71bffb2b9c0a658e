"""Which records of a trail a reader wants."""

import json
from collections.abc import Iterator
from dataclasses import dataclass

import sqlalchemy as sa

from assent_orchestrator.store.tables import trail


@dataclass(frozen=True, slots=True)
class Wanted:
    """The records of one run, of one kind of event, with one decision; None is any.

    ``event`` is an event, as in ``policy.activated``, or all of a kind, as in ``policy.*``.
    """

    run: str | None = None
    event: str | None = None
    decision: str | None = None

    def conditions(self) -> Iterator[sa.ColumnElement[bool]]:
        """Yield the conditions on the table of the trail."""
        if self.run is not None:
            yield trail.c.run_id == self.run
        if self.event is not None and self.event.endswith(".*"):
            yield trail.c.event.startswith(self.event.removesuffix("*"), autoescape=True)
        elif self.event is not None:
            yield trail.c.event == self.event
        if self.decision is not None:
            # Canonical JSON sorts its keys: nothing but the note of a decision has these two side by side.
            noted = f'"id":{json.dumps(self.decision, ensure_ascii=False)},"input_digest":'
            yield sa.func.strpos(sa.func.convert_from(trail.c.record, "UTF8"), noted) > 0


EVERYTHING = Wanted()
