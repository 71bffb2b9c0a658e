"""JSON values and how they travel: ``google.protobuf.Struct`` and ``Value``."""

import math
from collections.abc import Mapping

from google.protobuf.struct_pb2 import NULL_VALUE, ListValue, Struct, Value

from assent_sidecar.model import Json

MAX_DEPTH = 32
"""How deep a value may be nested; protobuf itself stops at about 33."""

_EXACT = 2**53 - 1


class ValueFaultError(ValueError):
    """The value cannot travel, or must not be taken in; the message says why, without saying what it holds."""


def to_struct(value: Mapping[str, Json]) -> Struct:
    """Return a JSON object as a ``Struct``.

    Raises:
        ValueFaultError: not finite, not exact as a double (beyond 2**53 - 1), too deep, or not JSON.

    """
    return _to_object(value, MAX_DEPTH)


def to_value(value: Json) -> Value:
    """Return a JSON value as a ``Value``.

    Raises:
        ValueFaultError: as for ``to_struct``.

    """
    return _to_value(value, MAX_DEPTH + 1)


def from_struct(struct: Struct) -> dict[str, Json]:
    """Return a ``Struct`` as a JSON object; whole numbers become ``int`` where they are exact.

    Raises:
        ValueFaultError: a number is not finite, a text holds NUL (which PostgreSQL cannot keep), or a value is not set
            or nested too deeply.

    """
    return {_text(key): _from_value(item, MAX_DEPTH) for key, item in struct.fields.items()}


def from_value(value: Value) -> Json:
    """Return a ``Value`` as a JSON value; whole numbers become ``int`` where they are exact.

    Raises:
        ValueFaultError: as for ``from_struct``.

    """
    return _from_value(value, MAX_DEPTH + 1)


def _to_value(value: Json, depth: int) -> Value:
    if depth == 0:
        raise ValueFaultError("the value is nested too deeply")
    match value:
        case None:
            return Value(null_value=NULL_VALUE)
        case bool():
            return Value(bool_value=value)
        case str():
            return _to_text(value)
        case int() | float():
            if not (abs(value) <= _EXACT if isinstance(value, int) else math.isfinite(value)):
                raise ValueFaultError("a number is not finite or not exact")
            return Value(number_value=value)
        case dict():
            return Value(struct_value=_to_object(value, depth - 1))
        case list() | tuple():
            return Value(list_value=ListValue(values=[_to_value(item, depth - 1) for item in value]))
        case _:
            raise ValueFaultError("the value is not JSON")


def _to_object(value: Mapping[str, Json], depth: int) -> Struct:
    if not all(isinstance(key, str) for key in value):
        raise ValueFaultError("a key is not a text")
    fields = {key: _to_value(item, depth) for key, item in value.items()}
    try:
        return Struct(fields=fields)
    except UnicodeError as error:
        raise ValueFaultError("a key is not valid Unicode") from error


def _to_text(value: str) -> Value:
    try:
        return Value(string_value=value)
    except UnicodeError as error:
        raise ValueFaultError("a text is not valid Unicode") from error


def _from_value(value: Value, depth: int) -> Json:
    if depth == 0:
        raise ValueFaultError("the value is nested too deeply")
    match value.WhichOneof("kind"):
        case "null_value":
            return None
        case "bool_value":
            return value.bool_value
        case "string_value":
            return _text(value.string_value)
        case "number_value":
            return _number(value.number_value)
        case "struct_value":
            return {_text(key): _from_value(item, depth - 1) for key, item in value.struct_value.fields.items()}
        case "list_value":
            return [_from_value(item, depth - 1) for item in value.list_value.values]
        case _:
            raise ValueFaultError("a value is not set")


def _number(number: float) -> int | float:
    if not math.isfinite(number):
        raise ValueFaultError("a number is not finite")
    return int(number) if number.is_integer() and abs(number) <= _EXACT else number


def _text(text: str) -> str:
    if "\0" in text:
        raise ValueFaultError("a text holds the character NUL")
    return text
