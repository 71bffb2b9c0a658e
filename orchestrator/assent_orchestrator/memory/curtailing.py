"""What policies take away from values that are recalled, whoever recalls them. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from assent_orchestrator.memory.entry import Recalled
from assent_orchestrator.plan.label import rebase
from assent_orchestrator.plan.redaction import RedactionError, redact
from assent_sidecar.decision import Redact

_VALUE = "value"


@dataclass(frozen=True, slots=True)
class Found:
    """What was recalled, and how many values are there and were withheld."""

    values: tuple[Recalled, ...] = ()
    withheld: int = 0
    redacted: int = 0


def redactions_in(obligations: Iterable[object]) -> tuple[Redact, ...]:
    """Return the redactions, with their paths below the place that a value is put at to be redacted."""
    return tuple(
        one.model_copy(update={"path": f"/{_VALUE}{one.path}"}) for one in obligations if isinstance(one, Redact)
    )


def curtailed(opened: Iterable[Recalled], granted: Mapping[tuple[str, ...], tuple[Redact, ...]]) -> Found:
    """Carry out what is to be taken away; a value of which that is not certain, or nothing is left, is withheld.

    ``granted`` are the redactions (``redactions_in``) by the labels of the values.
    """
    values, withheld, count = [], 0, 0
    for one in opened:
        try:
            left = redact({_VALUE: one.value}, rebase(one.labels, (), (_VALUE,)), granted[one.known.labels])
        except RedactionError:
            withheld += 1
            continue
        if _VALUE not in left.args:
            withheld += 1
            continue
        count += len(left.pointers)
        values.append(Recalled(one.known, left.args[_VALUE], rebase(left.labels, (_VALUE,), ())))
    return Found(tuple(values), withheld, count)
