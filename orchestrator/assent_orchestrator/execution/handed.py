"""What a step may see of the work that it takes over: less, where a policy says so."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from assent_orchestrator.execution import arguments, bulk
from assent_orchestrator.execution.journal import StepRow
from assent_orchestrator.execution.situation import Appointed, Situation
from assent_orchestrator.plan.binding import Item
from assent_orchestrator.plan.handover import HandOver
from assent_orchestrator.plan.label import rebase
from assent_orchestrator.plan.pointer import find
from assent_orchestrator.plan.redaction import RedactionError, redact
from assent_orchestrator.plan.reference import Source, items_scan
from assent_sidecar.decision import Redact
from assent_sidecar.facts import Labels
from assent_sidecar.model import Json


@dataclass(frozen=True, slots=True)
class Narrow:
    """One hand-over, and what must not pass with it."""

    hand_over: HandOver
    redactions: tuple[Redact, ...]


def narrowed(situation: Situation, several: Sequence[Narrow]) -> Situation:
    """Return what a step sees of the steps it takes over from: their outputs, by their ids, without the redacted.

    A redaction points into ``{step: output}`` of the steps of the agent that hands over. What is gone takes its labels
    with it.

    Raises:
        RedactionError: one cannot be carried out with certainty.
    """
    for one in several:
        if one.redactions:
            situation = _narrowed(situation, one)
    return situation


async def could_be_done(situation: Situation, appointed: Appointed) -> bool:
    """Say whether the arguments of a step, or the list that it is done for, can be used as they are."""
    try:
        if situation.spec.for_each is not None and situation.step.item is None:
            await asyncio.to_thread(arguments.bound_items, situation)
        else:
            await bulk.aside(arguments.bound_action, situation.values(), situation, appointed)
    except arguments.UnfitError:
        return False
    return True


def _narrowed(situation: Situation, one: Narrow) -> Situation:
    origins = one.hand_over.origins
    mine = {name: row for name, row in situation.outputs.items() if name in origins}
    left, labels = _left({name: row.output for name, row in mine.items()}, _labels(mine), one.redactions)
    outputs = {name: row for name, row in situation.outputs.items() if name not in mine}
    for name, output in left.items():
        outputs[name] = replace(mine[name], output=output, labels=rebase(labels, (name,), ()))
    return replace(situation, outputs=outputs, item=_item(situation, origins, one.redactions))


def _left(whole: dict[str, Json], labels: Labels, redactions: Sequence[Redact]) -> tuple[dict[str, Json], Labels]:
    if any(not redaction.path and not redaction.labels for redaction in redactions):
        return {}, {}
    here = [one for one in redactions if not one.path or one.path[1:].partition("/")[0] in whole]
    found = redact(whole, labels, here)
    return found.args, found.labels


def _labels(rows: Mapping[str, StepRow]) -> Labels:
    return {
        pointer: names for name, row in rows.items() for pointer, names in rebase(row.labels or {}, (), (name,)).items()
    }


def _item(situation: Situation, origins: Sequence[str], redactions: Sequence[Redact]) -> Item | None:
    """Return the element that a row is for, without what must not pass of it; it was bound before this was said.

    Raises:
        RedactionError: nothing is left of it.
    """
    item, number = situation.item, situation.step.item
    source = _list(situation)
    if item is None or number is None or not item.there or source is None or source.step not in origins:
        return item
    path = (str(source.step), *source.path)
    around: Json = [*([None] * number), item.value]
    for name in reversed(path):
        around = {name: around}
    at = (*path, str(number))
    left, labels = _left(around, rebase(item.labels, (), at), redactions)
    there, value = find(left, at)
    if not there:
        raise RedactionError("nothing is left of the element")
    return Item(rebase(labels, at, ()), True, value)


def _list(situation: Situation) -> Source | None:
    """Return where the list came from that a step is done for: the first that is there."""
    for reference in items_scan(situation.spec).references:
        step = reference.source.step
        if step is None or reference.choice is None or str(situation.steps[step].state) == "succeeded":
            return reference.source
    return None
