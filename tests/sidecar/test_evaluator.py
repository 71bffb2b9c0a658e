import asyncio
import json
import logging
import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from assent_sidecar.canonical import digest
from assent_sidecar.decision import Decided, Verdict
from assent_sidecar.errors import EngineFaultError, EngineTimeoutError, EngineUnavailableError, SidecarError
from assent_sidecar.evaluator import Evaluator
from assent_sidecar.model import Json
from assent_sidecar.opa.client import UNDEFINED, Answer
from assent_sidecar.question import Question
from assent_sidecar.schema import schemas
from tests.sidecar.decisions import APPROVAL, DEFER, FORECAST, TRIED, WELL_FORMED, places
from tests.sidecar.engines import ALLOW, SaidEngine, question
from tests.sidecar.fuzzing import FUZZ

VERSIONS = frozenset({"1.22.2"})


def evaluator(engine: Any, **more: Any) -> Evaluator:
    return Evaluator(engine, versions=VERSIONS, revisions=lambda: ("r1",), **more)


async def told(result: Json, asked: Question | None = None, **more: Any) -> Decided:
    return await evaluator(SaidEngine(result, **more)).decide(asked or question(), budget=5)


def is_fault(decided: Decided, code: str) -> bool:
    return decided.fault and decided.verdict is Verdict.DENY and decided.codes == (code,)


@pytest.mark.requirement("sidecar.decision")
@pytest.mark.parametrize(
    ("kind", "result"),
    [
        ("action", ALLOW),
        ("action", APPROVAL),
        ("action", DEFER),
        ("action", {"verdict": "halt", "reasons": [{"code": "STOP"}]}),
        ("plan", FORECAST),
        ("condition", {"verdict": "allow", "taken": False}),
        ("condition", {"verdict": "deny", "reasons": [{"code": "NO_SUCH_RULE"}]}),
    ],
)
async def test_a_well_formed_decision_is_handed_on_as_it_is(kind: str, result: dict[str, Json]) -> None:
    decided = await told(result, question(kind))
    assert not decided.fault
    assert decided.verdict == result["verdict"]
    assert decided.decision == type(decided.decision).from_json(result)


@pytest.mark.requirement("sidecar.provenance")
async def test_a_decision_carries_where_it_comes_from() -> None:
    asked = question()
    decided = await told(APPROVAL, asked)
    assert decided.provenance.model_dump(exclude={"duration_us"}) == {
        "decision_id": "d1",
        "revision": "r1",
        "engine": "opa",
        "engine_version": "1.22.2",
        "input_digest": digest(asked.to_json()),
        "controls": ("FIN-07",),
    }
    assert decided.provenance.duration_us >= 0


@pytest.mark.requirement("sidecar.undefined-denies")
async def test_no_result_is_a_deny() -> None:
    assert is_fault(await told(UNDEFINED), "UNDEFINED_DECISION")


@pytest.mark.requirement("sidecar.malformed-denies")
@pytest.mark.parametrize(
    "result",
    [
        None,
        True,
        "allow",
        [],
        {},
        {"allow": True},
        {"verdict": "ALLOW"},
        {"verdict": "permit"},
        {"verdict": ["allow"]},
        ALLOW | {"surprise": 1},
        ALLOW | {"obligations": [{"type": "pray"}]},
        ALLOW | {"obligations": [{"type": "timeout", "after": 30}]},
        ALLOW | {"obligations": [{"type": "retry", "max_attempts": "4"}]},
        ALLOW | {"obligations": [{"type": "retry", "max_attempts": 4, "factor": "2"}]},
        ALLOW | {"reasons": [{"code": "lower case"}]},
        ALLOW | {"taken": True},
        ALLOW | {"steps": {"look": {"verdict": "allow"}}},
        ALLOW | {"approval": APPROVAL["approval"]},
        ALLOW | {"defer_until": "2026-01-02T04:00:00Z"},
        {"verdict": "require_approval"},
        {"verdict": "require_approval", "approval": {"stages": []}},
        {"verdict": "defer"},
        DEFER | {"defer_until": 5},
        DEFER | {"defer_until": "5"},
        DEFER | {"defer_until": "2026-01-02T04:00:00"},
        DEFER | {"defer_until": "tomorrow"},
        ALLOW | {"reasons": [{"code": "X", "message": math.nan}]},
    ],
)
async def test_what_is_not_a_decision_is_a_deny(result: Json) -> None:
    assert is_fault(await told(result), "MALFORMED_DECISION")


@pytest.mark.requirement("sidecar.malformed-denies")
@pytest.mark.parametrize(
    ("kind", "result"),
    [
        ("condition", ALLOW),
        ("condition", ALLOW | {"taken": 1}),
        ("condition", {"verdict": "deny", "taken": True}),
        ("condition", APPROVAL | {"taken": True}),
        ("condition", APPROVAL),
        ("condition", DEFER),
        ("plan", ALLOW),
        ("plan", FORECAST | {"steps": {"look": {"verdict": "allow"}}}),
        ("plan", FORECAST | {"steps": {**FORECAST["steps"], "third": {"verdict": "allow"}}}),
        ("plan", FORECAST | {"steps": {**FORECAST["steps"], "look": {"verdict": "defer"}}}),
        ("plan", FORECAST | {"steps": {**FORECAST["steps"], "look": {"verdict": "allow", "taken": True}}}),
        ("plan", FORECAST | {"taken": True}),
        ("trial", TRIED | {"verdict": "allow"}),
        ("trial", APPROVAL | {"steps": TRIED["steps"]}),
        ("trial", TRIED | {"steps": {}}),
        ("trial", TRIED | {"steps": TRIED["steps"] | {"look": {"verdict": "allow"}}}),
    ],
)
async def test_a_decision_that_answers_another_question_is_a_deny(kind: str, result: Json) -> None:
    assert is_fault(await told(result, question(kind)), "MALFORMED_DECISION")


async def test_a_result_that_is_too_deep_to_read_is_a_deny() -> None:
    deep: Json = []
    for _ in range(20_000):
        deep = [deep]
    assert is_fault(await told(ALLOW | {"obligations": deep}), "MALFORMED_DECISION")


_KINDS = st.sampled_from(WELL_FORMED)
_SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-2, 2**60),
    st.floats(allow_nan=True),
    st.text(max_size=5),
    st.sampled_from(["allow", "deny", "halt", "defer", "2026-01-02T04:00:00Z", "30s", "/a", "Ä" * 600]),
)
_VALUES = st.one_of(
    _SCALARS, st.lists(_SCALARS, max_size=2), st.dictionaries(st.text(max_size=4), _SCALARS, max_size=2)
)
_CHECKER = Draft202012Validator(schemas()["decision.json"])


@st.composite
def _mutations(draw: st.DrawFn) -> tuple[str, Json]:
    """Draw a well-formed decision to which one to three things happened: a value replaced, a key added or dropped."""
    kind, seed = draw(_KINDS)
    root = {"": json.loads(json.dumps(seed))}
    for _ in range(draw(st.integers(1, 3))):
        place = ("", *draw(st.sampled_from(places(root[""]))))
        holder: Any = root
        for key in place[:-1]:
            holder = holder[key]
        what = draw(st.sampled_from(["replace", "drop", "add"]))
        if what == "add" and isinstance(holder[place[-1]], dict):
            holder[place[-1]][draw(st.text(max_size=8))] = draw(_VALUES)
        elif what == "drop" and len(place) > 1:
            del holder[place[-1]]
        else:
            holder[place[-1]] = draw(_VALUES)
    return kind, root[""]


@pytest.mark.requirement("sidecar.malformed-denies", "sidecar.fuzz")
@FUZZ
@given(mutation=_mutations())
def test_no_damage_to_a_decision_makes_it_an_allow(mutation: tuple[str, Json]) -> None:
    kind, result = mutation
    decided = asyncio.run(told(result, question(kind)))
    # The published schema is the judge: it does not share a line with the code that is judged here.
    if not _CHECKER.is_valid(result):
        assert is_fault(decided, "MALFORMED_DECISION")
    if decided.verdict is Verdict.ALLOW:
        assert result["verdict"] == "allow"
        assert isinstance(result.get("taken"), bool) == (kind == "condition")
        assert set(result.get("steps", {})) == ({"look", "write"} if kind == "plan" else set())


@pytest.mark.requirement("sidecar.engine-failures-deny")
@pytest.mark.parametrize(
    ("error", "code"),
    [
        (EngineTimeoutError("x"), "ENGINE_TIMEOUT"),
        (EngineUnavailableError("x"), "ENGINE_UNAVAILABLE"),
        (EngineFaultError("x"), "ENGINE_ERROR"),
        (SidecarError("x"), "ENGINE_ERROR"),
        (RuntimeError("x"), "ENGINE_ERROR"),
        (MemoryError(), "ENGINE_ERROR"),
    ],
)
async def test_whatever_the_engine_raises_is_a_deny_with_its_code(error: Exception, code: str) -> None:
    class Failing(SaidEngine):
        async def decide(self, *_: object, **__: object) -> Answer:
            raise error

    decided = await evaluator(Failing(ALLOW)).decide(question(), budget=5)
    assert is_fault(decided, code)
    assert decided.decision.reasons[0].message
    assert decided.provenance.revision == "r1"
    assert len(decided.provenance.decision_id) == 36
    assert decided.provenance.input_digest == digest(question().to_json())


@pytest.mark.parametrize("version", [None, "1.22.1", ""])
async def test_an_answer_of_another_engine_is_a_deny(version: str | None) -> None:
    assert is_fault(await told(ALLOW, version=version), "ENGINE_VERSION")


@pytest.mark.requirement("sidecar.stale-denies")
@pytest.mark.parametrize("revision", [None, "r0", "r2"])
async def test_an_answer_under_another_revision_is_a_deny(revision: str | None) -> None:
    assert is_fault(await told(ALLOW, revision=revision), "POLICY_STALE")


async def test_a_revision_that_was_in_force_when_the_question_was_asked_is_not_stale() -> None:
    in_force = ["old"]

    class Slow(SaidEngine):
        async def decide(self, *arguments: Any) -> Answer:
            in_force[0] = "new"
            return await super().decide(*arguments)

    subject = Evaluator(Slow(ALLOW, revision="old"), versions=VERSIONS, revisions=lambda: (in_force[0],))
    assert (await subject.decide(question(), budget=5)).verdict is Verdict.ALLOW
    assert is_fault(await subject.decide(question(), budget=5), "POLICY_STALE")


@pytest.mark.parametrize("kind", ["action", "plan", "condition", "handoff", "memory"])
async def test_a_question_that_lacks_what_it_is_about_is_not_asked(kind: str) -> None:
    engine = SaidEngine(ALLOW)
    parts = ("agent", "step", "action", "plan", "condition", "handoff", "memory")
    decided = await evaluator(engine).decide(question(kind, **dict.fromkeys(parts)), budget=5)
    assert is_fault(decided, "QUESTION_INVALID")
    assert engine.asked == 0


@pytest.mark.parametrize("value", [math.nan, math.inf, 2**60, object(), b"x", {1: 2}, "\ud800"])
async def test_a_question_that_is_not_json_for_everybody_is_not_asked(value: object) -> None:
    engine = SaidEngine(ALLOW)
    asked = question().model_copy(update={"context": {"x": value}})
    assert is_fault(await evaluator(engine).decide(asked, budget=5), "QUESTION_INVALID")
    assert engine.asked == 0


async def test_a_question_that_is_too_large_is_not_asked() -> None:
    engine = SaidEngine(ALLOW)
    asked = question(context={"x": "y" * 5000})
    assert is_fault(await evaluator(engine, max_question=4000).decide(asked, budget=5), "QUESTION_TOO_LARGE")
    assert engine.asked == 0


async def test_a_large_question_is_asked_all_the_same() -> None:
    asked = question(context={"x": "y" * 200_000})
    decided = await told(ALLOW, asked)
    assert decided.verdict is Verdict.ALLOW
    assert decided.provenance.input_digest == digest(asked.to_json())


@pytest.mark.parametrize("budget", [0.0, -1.0, 0.05])
async def test_a_budget_that_is_spent_is_a_deny(budget: float) -> None:
    class Hanging(SaidEngine):
        async def decide(self, *_: object, **__: object) -> Answer:
            await asyncio.Event().wait()
            raise AssertionError

    async with asyncio.timeout(30):
        assert is_fault(await evaluator(Hanging(ALLOW)).decide(question(), budget=budget), "ENGINE_TIMEOUT")
        assert is_fault(
            await evaluator(Hanging(ALLOW), query_timeout=0.05).decide(question(), budget=60), "ENGINE_TIMEOUT"
        )


async def test_who_gives_up_gets_no_decision() -> None:
    class Hanging(SaidEngine):
        async def decide(self, *_: object, **__: object) -> Answer:
            reached.set()
            await asyncio.Event().wait()
            raise AssertionError

    reached = asyncio.Event()
    task = asyncio.create_task(evaluator(Hanging(ALLOW), query_timeout=60).decide(question(), budget=60))
    await reached.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_a_fault_is_logged_without_a_word_of_question_or_answer(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        asked = question(context={"secret": "hunter2"})
        await told({"verdict": "hunter2"}, asked)
        await told(ALLOW | {"hunter2": 1}, asked)
        await told(UNDEFINED, asked)
    assert "MALFORMED_DECISION" in caplog.text
    assert "hunter2" not in caplog.text
