"""A plan from JSON values, with every fault of its shape named."""

import json
from collections.abc import Sequence

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from assent_orchestrator.errors import Fault, InvalidError
from assent_orchestrator.plan.hidden import HIDDEN, HIDDEN_STEP, is_step
from assent_orchestrator.plan.model import MAX_FAULTS, Plan
from assent_orchestrator.plan.pointer import field
from assent_sidecar.misfit import misfit
from assent_sidecar.model import Json

MAX_TEXT_BYTES = 1024 * 1024
"""Of a plan as a planner writes it, UTF-8."""

_TOO_MUCH = "extra_forbidden"
_OUT_OF_PLACE = (_TOO_MUCH, "dict_type", "model_type", "model_attributes_type")
"""What pydantic says of a member that nobody knows, and of a list where an object is to be."""


def read_plan(value: Json) -> Plan:
    """Read what a caller submits; whether it can be done is for ``check`` to say.

    Raises:
        InvalidError: with one fault (``MALFORMED``) for each member that is missing, too much or of the wrong kind;
            one that hides a step is told so (``HIDDEN_STEP``).
    """
    try:
        return Plan.from_json(value)
    except ValidationError as error:
        details = error.errors(include_url=False, include_context=False, include_input=False)
        faults = _one_a_field([_fault(value, detail) for detail in details[:MAX_FAULTS]])
        raise InvalidError("the plan is malformed", faults, code="INVALID_PLAN") from error
    except (RecursionError, ValueError, TypeError) as error:
        fault = Fault("", "MALFORMED", "is not JSON, or is nested too deep")
        raise InvalidError("the plan is malformed", (fault,), code="INVALID_PLAN") from error


def read_plan_text(text: str) -> Plan:
    """Read a plan from the JSON that a planner wrote.

    Raises:
        InvalidError: it is larger than ``MAX_TEXT_BYTES``, nothing for ``read_json``, or no plan.
    """
    if len(text.encode()) > MAX_TEXT_BYTES:
        fault = Fault("", "TOO_LARGE", f"has more than {MAX_TEXT_BYTES} bytes")
        raise InvalidError("the plan is too large", (fault,), code="INVALID_PLAN")
    try:
        value = read_json(text)
    except (ValueError, RecursionError) as error:
        fault = Fault("", "MALFORMED", "is not JSON, has a key twice, holds the character NUL, or is nested too deep")
        raise InvalidError("the plan is malformed", (fault,), code="INVALID_PLAN") from error
    return read_plan(value)


def read_json(text: str | bytes) -> Json:
    """Return what a text says in JSON, if all who read it read the same, and it can be kept.

    Raises:
        ValueError: it is no JSON, has a key twice, or holds the character NUL, which PostgreSQL cannot keep.
        RecursionError: it is nested too deep.
    """
    value: Json = json.loads(text, object_pairs_hook=_once, parse_constant=_refuse)
    return _kept(value)


def _once(pairs: list[tuple[str, Json]]) -> dict[str, Json]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key is there twice")
    for key, value in pairs:
        _kept(key)
        _kept(value)
    return found


def _kept(value: Json) -> Json:
    """Return a value whose objects have been looked at."""
    if isinstance(value, str) and "\0" in value:
        raise ValueError("a text holds the character NUL")
    for one in value if isinstance(value, list) else ():
        _kept(one)
    return value


def _refuse(constant: str) -> Json:
    raise ValueError(f"{constant} is no JSON number")


def _fault(value: Json, detail: ErrorDetails) -> Fault:
    location = detail["loc"]
    tokens = _there(value, location)
    absent = location[len(tokens) :]
    if detail["type"] == "missing" and len(absent) == 1:
        tokens, absent = (*tokens, str(absent[0])), ()
    path = field("", value, tokens).removeprefix(".")
    if not absent and detail["type"] in _OUT_OF_PLACE and _hides(value, tokens, detail["type"]):
        return Fault(path, HIDDEN_STEP, HIDDEN)
    return Fault(path, "MALFORMED", "fits none of the forms it can have" if absent else misfit(detail))


def _hides(value: Json, tokens: Sequence[str], why: str) -> bool:
    """Say whether what does not belong where it is in a plan is a step, or a list of some."""
    for token in tokens:
        value = value[int(token)] if isinstance(value, list) else value[token]
    if isinstance(value, list):
        return any(is_step(one) for one in value)
    return why == _TOO_MUCH and is_step(value)


def _there(value: Json, location: Sequence[int | str]) -> tuple[str, ...]:
    """Return as much of a location as is in ``value``: pydantic also names the members of a union in it."""
    tokens: list[str] = []
    for part in location:
        element = isinstance(value, list) and isinstance(part, int) and part < len(value)
        if not element and not (isinstance(value, dict) and part in value):
            break
        value = value[part]
        tokens.append(str(part))
    return tuple(tokens)


def _one_a_field(faults: Sequence[Fault]) -> tuple[Fault, ...]:
    """Keep the first fault of each field: the members of a union are all wrong for one reason."""
    kept: dict[str, Fault] = {}
    for fault in faults:
        kept.setdefault(fault.field, fault)
    return tuple(kept.values())
