import math
from typing import Any

import pytest
from google.protobuf.struct_pb2 import Struct, Value
from hypothesis import given
from hypothesis import strategies as st

from assent.tool.v1 import tools_pb2
from assent_orchestrator.tools.value import (
    MAX_DEPTH,
    ValueFaultError,
    from_struct,
    from_value,
    to_struct,
    to_value,
)
from assent_sidecar.canonical import canonical

EXACT = 2**53 - 1
TEXT = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=20)
SCALARS = (
    st.none() | st.booleans() | TEXT | st.integers(-EXACT, EXACT) | st.floats(allow_nan=False, allow_infinity=False)
)
JSON = st.recursive(SCALARS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4))


@given(st.dictionaries(TEXT, JSON, max_size=4))
def test_what_travels_keeps_its_canonical_form(value: dict[str, Any]) -> None:
    travelled = from_struct(Struct.FromString(to_struct(value).SerializeToString()))
    assert canonical(travelled) == canonical(value)


def test_whole_numbers_come_back_as_integers_where_they_are_exact() -> None:
    assert isinstance(from_value(to_value(5)), int)
    assert isinstance(from_value(to_value(EXACT)), int)
    assert isinstance(from_value(Value(number_value=2.0**60)), float)
    assert from_value(to_value(0.5)) == 0.5


def _nested(depth: int) -> dict[str, Any]:
    value: dict[str, Any] = {}
    for _ in range(depth - 1):
        value = {"a": value}
    return value


def test_whatever_may_be_sent_can_be_read() -> None:
    request = tools_pb2.InvokeRequest(args=to_struct(_nested(MAX_DEPTH)))
    assert from_struct(tools_pb2.InvokeRequest.FromString(request.SerializeToString()).args) == _nested(MAX_DEPTH)


@pytest.mark.parametrize(
    "value",
    [
        math.nan,
        math.inf,
        -math.inf,
        EXACT + 1,
        -EXACT - 1,
        b"bytes",
        {1: 2},
        {"\ud800": 1},
        object(),
        "\ud800",
        10**400,
        _nested(99),
    ],
)
def test_what_is_not_json_does_not_travel(value: Any) -> None:
    with pytest.raises(ValueFaultError):
        to_value(value)
    with pytest.raises(ValueFaultError):
        to_struct({"a": value})
