"""Any question at all: it is asked exactly as it stands, or it is denied, and nothing is ever raised."""

import asyncio
import json
from typing import Any

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from assent_sidecar.canonical import canonical, digest_bytes
from assent_sidecar.decision import Verdict
from assent_sidecar.evaluator import Evaluator
from assent_sidecar.model import Json
from assent_sidecar.opa.client import Answer
from assent_sidecar.question import Question
from assent_sidecar.schema import schemas
from tests.sidecar.decisions import at, places
from tests.sidecar.engines import ALLOW, SaidEngine, question
from tests.sidecar.fuzzing import FUZZ

LARGEST = 2**53 - 1
SCHEMA = Draft202012Validator(schemas()["question.json"])

SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(),
    st.characters(categories=["Cs"]),  # half characters
    st.binary(max_size=4),
    st.sampled_from([LARGEST, -LARGEST, LARGEST + 1, -0.0, 1e308, object(), ..., "__proto__", "\0"]),
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.tuples(inner, inner),
        st.dictionaries(st.one_of(st.text(max_size=6), st.integers(), st.none()), inner, max_size=4),
        st.frozensets(st.integers(), max_size=2),
    ),
    max_leaves=12,
)


class Listening(SaidEngine):
    """An engine that allows everything and remembers what it was asked."""

    def __init__(self) -> None:
        super().__init__(ALLOW)
        self.sent = b""
        self.heard: Json = None

    async def decide(self, question: bytes, *arguments: Any) -> Answer:
        self.sent, self.heard = question, json.loads(question)
        return await super().decide(question, *arguments)


def ask(asked: Question) -> Json:
    """Return what the engine heard, or None when nothing was asked; whatever was not asked must be denied."""
    engine = Listening()
    subject = Evaluator(engine, versions=frozenset({"1.22.2"}), revisions=lambda: ("r1",))
    decided = asyncio.run(subject.decide(asked, budget=5))
    if engine.asked:
        assert decided.fault == (asked.kind in {"plan", "condition"})  # the allow answers neither
        assert decided.provenance.input_digest == digest_bytes(engine.sent)
        # A whole number that was written as a fraction is one without it in canonical form.
        assert canonical(json.loads(engine.sent, parse_int=float)) == engine.sent
    else:
        assert decided.fault
        assert decided.verdict is Verdict.DENY
        assert decided.codes[0] in {"QUESTION_INVALID", "ENGINE_ERROR"}
    return engine.heard


def plain(value: Any) -> bool:
    """Say whether a value is JSON that everybody reads alike; written again here, so as to share nothing with ours."""
    match value:
        case None | bool():
            return True
        case int():
            return -LARGEST <= value <= LARGEST
        case float():
            return value - value == 0
        case str():
            return not any(0xD800 <= ord(one) < 0xE000 for one in value)
        case list() | tuple():
            return all(plain(one) for one in value)
        case dict():
            return all(isinstance(key, str) and plain(key) and plain(one) for key, one in value.items())
    return False


@pytest.mark.requirement("sidecar.fuzz")
@FUZZ
@given(value=VALUES)
@pytest.mark.parametrize("field", ["inputs", "context"])
def test_what_callers_bring_is_asked_as_it_stands_or_not_at_all(field: str, value: Any) -> None:
    heard = ask(question().model_copy(update={field: {"x": value}}))
    assert (heard is not None) == plain(value)
    if heard is not None:
        assert heard[field] == json.loads(rfc8785.dumps({"x": value}))  # 4e16 is written 40000000000000000
        SCHEMA.validate(heard)


@pytest.mark.requirement("sidecar.fuzz")
@FUZZ
@given(kind=st.sampled_from(["action", "plan", "condition"]), data=st.data())
def test_a_document_of_the_wrong_shape_never_becomes_a_question(kind: str, data: st.DataObject) -> None:
    document = question(kind).to_json()
    for _ in range(data.draw(st.integers(1, 3))):
        place = data.draw(st.sampled_from(places(document)[1:]))
        holder = at(document, place[:-1])
        if isinstance(holder, dict) and data.draw(st.booleans()):
            del holder[place[-1]]
        else:
            holder[place[-1]] = data.draw(VALUES)
    try:
        asked = Question.from_json(document)
    except (ValueError, TypeError, RecursionError):
        return
    heard = ask(asked)
    if heard is not None:
        SCHEMA.validate(heard)
