"""What an approver is shown around an action: where values come from, what changed, happened, follows and is taken."""

import contextlib
import json
from collections.abc import Mapping

from pydantic import TypeAdapter

from assent.v1 import approvals_pb2 as wire
from assent.v1 import handovers_pb2
from assent_orchestrator.plan.state import StepState
from assent_orchestrator.server.translate.decision import write_obligation
from assent_orchestrator.server.translate.run import step_state
from assent_orchestrator.tools.value import ValueFaultError, to_value
from assent_sidecar.decision import Obligation
from assent_sidecar.facts import HandoffFacts
from assent_sidecar.model import Json

_OBLIGATION: TypeAdapter[Obligation] = TypeAdapter(Obligation)


def add_scene(told: wire.Approval, shown: Mapping[str, Json]) -> None:
    """Add to an approval what is around the action; what an earlier version presented has none of it."""
    for pointer, sources in shown.get("sources", {}).items():
        told.sources[pointer].sources.extend(sources)
    told.changes.extend(_change(change) for change in shown.get("changes", ()))
    told.so_far.extend(
        wire.StepSoFar(step=one["step"], action=one["action"], state=step_state(StepState(one["state"])))
        for one in shown.get("so_far", ())
    )
    told.more_so_far = shown.get("more_so_far", 0)
    told.on_yes.extend(shown.get("on_yes", ()))
    told.more_on_yes = shown.get("more_on_yes", 0)
    told.on_no = shown.get("on_no", "")
    told.controls.extend(shown.get("controls", ()))
    told.costs.extend(wire.LedgerCost(**cost) for cost in shown.get("costs", ()))


def write_hand_over(shown: Mapping[str, Json], *, whole: bool) -> handovers_pb2.HandOver:
    """Return the hand-over that is asked about; in a list, or of an earlier version, without who takes over."""
    facts = HandoffFacts.from_json(shown["handoff"])
    return handovers_pb2.HandOver(
        source=facts.source,
        target=facts.target,
        reason=facts.reason,
        origins=shown["origins"],
        labels=facts.passes.labels,
        memory=facts.passes.memory,
        ledgers=facts.passes.ledgers,
        less=[write_obligation(_obligation(one)) for one in shown["less"]],
        depth=facts.depth,
        fan_out=facts.fan_out,
        takers=map(_taker, shown.get("takers", ())) if whole else (),
    )


def _taker(shown: Mapping[str, Json]) -> handovers_pb2.Taker:
    inputs = [handovers_pb2.BoundInput(**one) for one in shown.get("inputs", ())]
    return handovers_pb2.Taker(step=shown["step"], action=shown["action"], inputs=inputs)


def _obligation(stored: Json) -> Obligation:
    """Return an obligation from its stored form, in which arrays stand for tuples."""
    return _OBLIGATION.validate_json(json.dumps(stored))


def _change(change: Mapping[str, Json]) -> wire.ArgumentChange:
    made = wire.ArgumentChange(pointer=change["pointer"])
    for name in ("before", "after"):
        # What cannot travel is left out: it never takes the rest of an answer with it.
        with contextlib.suppress(ValueFaultError):
            if name in change:
                getattr(made, name).CopyFrom(to_value(change[name]))
    return made
