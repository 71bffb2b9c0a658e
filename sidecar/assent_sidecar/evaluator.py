"""Asks the engine and believes nothing: whatever is not a well-formed decision is a deny with a reason code."""

import asyncio
import logging
import math
import time
import uuid
from collections.abc import Callable, Mapping
from itertools import chain
from typing import NoReturn, Protocol

from pydantic import ValidationError

from assent_sidecar.admission import AT_ONCE, WAITING, Admission
from assent_sidecar.canonical import NotCanonicalError, canonical, digest_bytes
from assent_sidecar.decision import Decided, Decision, Provenance, Reason, StepForecast, Verdict
from assent_sidecar.errors import SidecarError
from assent_sidecar.model import Json
from assent_sidecar.opa.client import UNDEFINED, Answer
from assent_sidecar.question import Kind, Question

MAX_QUESTION = 8 * 1024 * 1024
"""Bytes of a question's JSON; twice what one gRPC message may bring."""

PER_ACTION = 0.01
"""Seconds that each verdict of its own adds to what one question may take: of a step, an action, a trial."""

_INLINE = 64 * 1024
"""Bytes of a question that is written out on the event loop; a longer one goes to a thread."""

_MESSAGES: Mapping[str, str] = {
    "UNDEFINED_DECISION": "the policies gave no decision",
    "MALFORMED_DECISION": "the policies gave something that is not a decision",
    "ENGINE_ERROR": "the policy engine could not evaluate the policies",
    "ENGINE_TIMEOUT": "the policy engine did not answer in time",
    "ENGINE_UNAVAILABLE": "the policy engine cannot be reached",
    "ENGINE_BUSY": "too many questions wait for the policy engine",
    "ENGINE_VERSION": "the policy engine is not of the version that decides here",
    "POLICY_STALE": "the policies are not known to be the ones in force, or not to be in force still",
    "ORG_NOT_MET": "the policies of this tenant are not under those of its organisation that are in force",
    "CONTROL_TAKEN": "a policy of this tenant names a control of its organisation's",
    "QUESTION_TOO_LARGE": "there is more to decide on than one question may hold",
    "QUESTION_INVALID": "the question is not one that policies can be asked",
}
"""Every way of getting no decision, as people are told it. None holds a word of the question."""

_SCHEMA = Decision.model_json_schema()
_FIELDS = frozenset(name for schema in (_SCHEMA, *_SCHEMA["$defs"].values()) for name in schema.get("properties", {}))
"""The names that may stand in a log: a key that a policy made up may be made of what it was asked."""

_log = logging.getLogger(__name__)


class Engine(Protocol):
    """What is asked."""

    async def decide(self, question: bytes, metadata: Mapping[str, str], timeout: float) -> Answer:  # noqa: ASYNC109 - a total limit is the point
        """Evaluate ``data.assent.decision`` on this JSON within ``timeout`` seconds, or raise a ``SidecarError``."""
        ...


class _NoDecisionError(Exception):
    """There is no decision; ``code`` says why and ``detail`` (for the log only) what exactly."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(code)
        self.code = code
        self.detail = detail


class Evaluator:
    """Decides. Fails closed: with no well-formed decision under the revision in force, it denies."""

    def __init__(
        self,
        engine: Engine,
        *,
        versions: frozenset[str],
        revisions: Callable[[], tuple[str, ...]],
        stale: Callable[[], bool] = lambda: False,
        met: Callable[[], bool] = lambda: True,
        usurped: Callable[[Reason], bool] = lambda _: False,
        query_timeout: float = 1.0,
        max_question: int = MAX_QUESTION,
        at_once: int = AT_ONCE,
        waiting: int = WAITING,
        shadow: str = "",
    ) -> None:
        """Say who is asked and what is believed.

        Args:
            engine: the engine.
            versions: the engine versions that may decide.
            revisions: the revisions in force, the newest first; more than one while one takes over from another.
            stale: whether the policies were confirmed too long ago to decide by.
            met: whether they are under those of the organisation.
            usurped: whether a reason names a control for which only the organisation speaks.
            query_timeout: seconds that one question may take, whatever the budget; one with several verdicts has more.
            max_question: bytes of a question at most.
            at_once: questions that the engine looks at together.
            waiting: questions that may wait for their turn; the next one is denied at once.
            shadow: the id of the shadow that this is for: nothing follows from its decisions, so OPA's log has the id
                beside them, and ours is not filled with their faults. Empty for the evaluator that counts.
        """
        self._engine = engine
        self._versions = versions
        self._revisions = revisions
        self._stale = stale
        self._met = met
        self._usurped = usurped
        self._query_timeout = query_timeout
        self._max_question = max_question
        self._admission = Admission(at_once=at_once, waiting=waiting)
        self._marks = {"shadow": shadow} if shadow else {}

    async def decide(self, question: Question, *, budget: float) -> Decided:
        """Return the decision on ``question``, within ``budget`` seconds.

        It raises nothing but ``CancelledError``: where there is no decision, the answer is a deny with ``fault`` set
        and a reason code of its own (``sidecar/README.md`` lists them).
        """
        asking = _Asking()
        try:
            self._require_good()
            decision = await self._decide(question, asking, budget)
        except _NoDecisionError as missing:
            return self._deny(asking, missing.code, missing.detail)
        except SidecarError as error:
            return self._deny(asking, error.code, str(error))
        except Exception as error:  # noqa: BLE001 - the last line of defence; the text of an unknown error may quote input
            return self._deny(asking, "ENGINE_ERROR", f"unexpected {type(error).__name__}")
        return Decided(decision=decision, provenance=self._provenance(asking, decision))

    async def _decide(self, question: Question, asking: "_Asking", budget: float) -> Decision:
        try:
            allowed = min(budget, self._query_timeout + PER_ACTION * question.several)
            async with asyncio.timeout(allowed) as limit, self._admission.place():
                document, asking.input_digest = await self._write_out(question)
                before = self._revisions()
                left = (limit.when() or 0.0) - asyncio.get_running_loop().time()
                metadata = _metadata(question) | self._marks
                asking.answer = answer = await self._engine.decide(document, metadata, max(left, 0.0))
        except TimeoutError:
            raise _NoDecisionError("ENGINE_TIMEOUT", "the budget is spent") from None
        if answer.version not in self._versions:
            raise _NoDecisionError("ENGINE_VERSION", f"OPA {answer.version} answered")
        # A revision that was in force at any time since the question was asked is not stale.
        if answer.revision is None or answer.revision not in (*before, *self._revisions()):
            raise _NoDecisionError("POLICY_STALE", f"revision {answer.revision} answered")
        self._require_good()  # also of an answer that took long
        if answer.result is UNDEFINED:
            raise _NoDecisionError("UNDEFINED_DECISION", "no result")
        decision = _well_formed(answer.result, question)
        for reason in chain(decision.reasons, *(one.reasons for one in decision.steps.values())):
            if self._usurped(reason):
                raise _NoDecisionError("CONTROL_TAKEN", f"by {reason.scope}")
        return decision

    def _require_good(self) -> None:
        if not self._met():
            raise _NoDecisionError("ORG_NOT_MET", "the bundle in force is not under that of the organisation")
        if self._stale():
            raise _NoDecisionError("POLICY_STALE", "the policies were confirmed too long ago")

    async def _write_out(self, question: Question) -> tuple[bytes, str]:
        """Return the canonical form of a question, and its digest: it names the very bytes that are sent."""
        if question.missing:
            raise _NoDecisionError("QUESTION_INVALID", f"{question.kind} without {', '.join(question.missing)}")
        try:
            size = len(question.__pydantic_serializer__.to_json(question, by_alias=True))
            if size > self._max_question:
                raise _NoDecisionError("QUESTION_TOO_LARGE", f"{size} bytes")
            return _canonical(question) if size <= _INLINE else await asyncio.to_thread(_canonical, question)
        except (NotCanonicalError, ValueError, TypeError, RecursionError) as error:
            raise _NoDecisionError("QUESTION_INVALID", type(error).__name__) from error

    def _deny(self, asking: "_Asking", code: str, detail: str) -> Decided:
        decision = Decision(verdict=Verdict.DENY, reasons=(Reason(code=code, message=_MESSAGES.get(code, "")),))
        provenance = self._provenance(asking, decision)
        level = logging.DEBUG if self._marks else logging.WARNING
        _log.log(level, "denied without a decision: %s (%s), decision %s", code, detail, provenance.decision_id)
        return Decided(decision=decision, provenance=provenance, fault=True)

    def _provenance(self, asking: "_Asking", decision: Decision) -> Provenance:
        answer = asking.answer
        named = {reason.control for reason in decision.reasons if reason.control is not None}
        return Provenance(
            decision_id=(answer.decision_id if answer else None) or str(uuid.uuid4()),
            revision=(answer.revision if answer else None) or next(iter(self._revisions()), ""),
            engine="opa",
            engine_version=(answer.version if answer else None) or ",".join(sorted(self._versions)),
            input_digest=asking.input_digest,
            controls=tuple(sorted(named.union(answer.controls if answer else ()))),
            duration_us=(time.perf_counter_ns() - asking.started) // 1000,
        )


class _Asking:
    """What is known so far while one question is being decided."""

    def __init__(self) -> None:
        self.started = time.perf_counter_ns()
        self.input_digest = ""  # until the question is written out
        self.answer: Answer | None = None


def _canonical(question: Question) -> tuple[bytes, str]:
    _require_json(question)
    content = canonical(question.to_json())
    return content, digest_bytes(content)


def _require_json(question: Question) -> None:
    """Refuse a value that would be written out as another one: policies must see what will be done."""
    free: list[Json] = [question.inputs, question.context]
    actions = [question.action] if question.action else []
    if question.condition is not None:
        free.append(question.condition.outputs)
    if question.plan is not None:
        free.extend(step.bindings for step in question.plan.steps)
        actions.extend(step.action for step in question.plan.steps)
    actions.extend(one.action for one in question.actions)
    actions.extend(one.action for one in question.trials if one.action is not None)
    free.extend(action.args for action in actions)
    while free:
        value = free.pop()
        if isinstance(value, dict) and all(isinstance(key, str) for key in value):
            free.extend(value.values())
        elif isinstance(value, (list, tuple)):
            free.extend(value)
        elif not (value is None or isinstance(value, (str, bool, int)) or _finite(value)):
            raise NotCanonicalError("the question holds a value that JSON does not have")


def _finite(value: Json) -> bool:
    return isinstance(value, float) and math.isfinite(value)


def _metadata(question: Question) -> dict[str, str]:
    metadata = {"tenant": question.tenant, "kind": str(question.kind)}
    if question.run is not None:
        metadata["run"] = question.run.id
    if question.step is not None:
        metadata |= {"step": question.step.id, "attempt": str(question.step.attempt)}
    return metadata


def _well_formed(result: Json, question: Question) -> Decision:
    try:
        decision = Decision.from_json(result)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False, include_context=False)[0]
        place = ".".join(str(part) if isinstance(part, int) or part in _FIELDS else "*" for part in first["loc"])
        _malformed(f"{place}: {first['type']}")
    except (ValueError, TypeError, RecursionError) as error:
        _malformed(type(error).__name__)
    _check_verdict(decision)
    _check_kind(decision, question)
    return decision


def _check_verdict(decision: Decision | StepForecast) -> None:
    """Check that a verdict comes with what makes it one, and an allow with nothing that contradicts it."""
    verdict = decision.verdict
    if verdict is Verdict.REQUIRE_APPROVAL and decision.approval is None:
        _malformed("require_approval without an approval")
    if verdict is Verdict.DEFER and decision.defer_until is None:
        _malformed("defer without defer_until")
    if verdict is Verdict.ALLOW and (decision.approval is not None or decision.defer_until is not None):
        _malformed("an allow that asks for more")


def _check_kind(decision: Decision, question: Question) -> None:
    """Check that the decision answers the kind of question that was asked."""
    if question.kind is Kind.CONDITION:
        # A condition is answered by an allow that says whether; a policy may still refuse to say.
        refused = decision.verdict in {Verdict.DENY, Verdict.HALT} and decision.taken is None
        if not refused and (decision.verdict is not Verdict.ALLOW or decision.taken is None):
            _malformed("a condition without an answer")
    elif decision.taken is not None:
        _malformed("taken, but no condition was asked")
    if set(decision.steps) != _asked_one_by_one(question):
        _malformed("the steps are not those of the question")
    for forecast in decision.steps.values():
        _check_verdict(forecast)
    if question.kind is Kind.BATCH and (decision.verdict is Verdict.ALLOW) != all(
        one.verdict is Verdict.ALLOW for one in decision.steps.values()
    ):
        _malformed("the verdict on the batch is not that of its actions")
    if question.kind is Kind.TRIAL and decision.verdict is not Verdict.DENY:
        _malformed("a trial that permits something")


def _asked_one_by_one(question: Question) -> set[str]:
    """Return the ids of what has a verdict of its own: the steps of a plan, the actions of a batch, the trials."""
    if question.kind is Kind.TRIAL:
        return {one.id for one in question.trials}
    if question.kind is Kind.BATCH:
        return {one.id for one in question.actions}
    return {step.id for step in question.plan.steps} if question.kind is Kind.PLAN and question.plan else set()


def _malformed(detail: str) -> NoReturn:
    raise _NoDecisionError("MALFORMED_DECISION", detail)
