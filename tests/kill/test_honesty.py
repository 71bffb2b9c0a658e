"""The checker itself: what is right passes, and each dishonesty is found by its name."""

import hashlib
import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from assent.v1 import runs_pb2
from assent_orchestrator.cli.chaos.effects import Effect
from assent_orchestrator.cli.chaos.trail import Entry
from assent_orchestrator.cli.chaos.witness import Call
from assent_orchestrator.governance.permit import Claims
from tests.kill.books import Books, message_id
from tests.kill.honesty import Traces, dishonesties

KEY, RUN = "k1", "r1"
DIGEST = "sha256:" + "1" * 64
ACTION = {"name": "email.send", "digest": DIGEST, "effect": "irreversible"}


def moved(event: str, before: str | None, after: str, **more: Any) -> dict[str, Any]:
    return {"event": event, "run": RUN, "state": {"from": before, "to": after}, **more}


CREATED = moved("run.created", None, "planned")
RUNNING = moved("run.running", "planned", "running")
DECIDED = {"event": "decision.made", "run": RUN, "step": "email", "action": ACTION}
DECIDED["decision"] = {"id": "d1", "verdict": "allow", "kind": "action"}
NOTE = {"status": "intended", "permit": "p1", "idempotency_key": KEY}
INTENDED = moved("action.intended", "pending", "dispatched", step="email", attempt=1, action=ACTION, effect=NOTE)
LOST = {"event": "action.unknown", "run": RUN, "step": "email", "attempt": 1, "effect": {"status": "unknown"}}
SUCCEEDED = moved("action.succeeded", "dispatched", "succeeded", step="email", attempt=1)
OVER = moved("run.succeeded", "running", "succeeded")
USED = {"event": "approval.consumed", "run": RUN, "step": "email", "approval": {"id": "a1"}}
ANSWERED = {"event": "approval.answered", "run": RUN, "step": "email", "approval": {"id": "a1", "approver": "dana"}}
CHOSEN = {"event": "approval.chosen", "run": RUN, "step": "email", "approval": {"id": "a1"}}


def trail(*records: dict[str, Any]) -> tuple[Entry, ...]:
    entries: list[Entry] = []
    before = "sha256:" + "0" * 64
    for seq, record in enumerate(records, start=1):
        content = json.dumps({**record, "prev": before}).encode()
        before = f"sha256:{hashlib.sha256(content).hexdigest()}"
        entries.append(Entry(seq, before, content, json.loads(content)))
    return tuple(entries)


def run_of(state: str = "SUCCEEDED", step: str = "SUCCEEDED") -> runs_pb2.Run:
    return runs_pb2.Run(
        name=f"tenants/t/runs/{RUN}",
        state=runs_pb2.RunState.Value(f"RUN_STATE_{state}"),
        steps=[runs_pb2.Step(id="email", action="email.send", state=runs_pb2.StepState.Value(f"STEP_STATE_{step}"))],
    )


CLAIMS: Any = object.__new__(Claims)
for name, value in {"id": "p1", "decision_id": "d1"}.items():
    object.__setattr__(CLAIMS, name, value)
EVENTS = (CREATED, RUNNING, DECIDED, INTENDED, LOST, SUCCEEDED, OVER)
RIGHT = Traces(
    run=run_of(),
    entries=trail(*EVENTS),
    calls=(Call("email.send", DIGEST, KEY, CLAIMS, 4),),
    effects=(Effect("email", "send", KEY),),
    letters=(KEY,),
    rows={"email": "succeeded"},
    expected={"email": "succeeded"},
)


def of(*records: dict[str, Any], **more: Any) -> Traces:
    return replace(RIGHT, entries=trail(*records), **more)


def ended(state: str, step: str, *records: dict[str, Any], **more: Any) -> Traces:
    return of(*records, run=run_of(state, step), expected={}, **more)


HANDED = {
    "event": "handoff.decided",
    "run": RUN,
    "step": "email",
    "decision": {"id": "d2", "verdict": "allow", "kind": "handoff", "revision": "sha256:1"},
    "detail": {"from": "one", "to": "other", "labels": [], "ledgers": {}},
}
CHEATS: dict[str, tuple[Callable[[], Traces], str]] = {
    "an effect that happened twice": (lambda: replace(RIGHT, effects=(*RIGHT.effects, *RIGHT.effects)), "EFFECT_TWICE"),
    "an e-mail that arrived twice": (lambda: replace(RIGHT, letters=(KEY, KEY)), "EFFECT_TWICE"),
    "a success that the books do not have": (lambda: replace(RIGHT, effects=()), "NOT_ONCE"),
    "a letter that never arrived": (lambda: replace(RIGHT, letters=()), "NOT_ONCE"),
    "an intent without an outcome": (lambda: of(CREATED, RUNNING, DECIDED, INTENDED, OVER), "NO_OUTCOME"),
    "a last word that is unknown": (lambda: of(CREATED, RUNNING, DECIDED, INTENDED, LOST, OVER), "NO_OUTCOME"),
    "a second intent before the first is settled": (
        lambda: of(CREATED, RUNNING, DECIDED, INTENDED, INTENDED, SUCCEEDED, OVER),
        "INTENT_TWICE",
    ),
    "a failure that was done": (
        lambda: ended("FAILED", "FAILED", CREATED, RUNNING, DECIDED, INTENDED, {**LOST, "event": "action.failed"}),
        "DONE_BUT_FAILED",
    ),
    "an undoing that nobody did": (
        lambda: ended("FAILED", "COMPENSATED", CREATED, RUNNING, DECIDED, INTENDED, SUCCEEDED),
        "NOT_UNDONE",
    ),
    "an unknown that could be known": (
        lambda: ended("FAILED", "UNKNOWN", CREATED, RUNNING, DECIDED, INTENDED, LOST),
        "COULD_BE_KNOWN",
    ),
    "an effect that was never paid for": (lambda: replace(RIGHT, counted={KEY: "reserved"}), "LEDGER_DIFFERS"),
    "a payment for nothing": (lambda: replace(RIGHT, counted={"k9": "spent"}), "LEDGER_DIFFERS"),
    "a table that says something else": (lambda: replace(RIGHT, rows={"email": "intended"}), "ROW_DIFFERS"),
    "another end than without the kill": (lambda: replace(RIGHT, expected={"email": "denied"}), "OTHER_END"),
    "an approval that was used twice": (lambda: of(*EVENTS, USED, USED), "APPROVAL_TWICE"),
    "an answer that was taken twice": (lambda: of(*EVENTS, ANSWERED, ANSWERED, USED), "APPROVAL_TWICE"),
    "an approval that was given in vain": (lambda: of(*EVENTS, ANSWERED), "APPROVAL_LOST"),
    "a choice that was taken twice": (lambda: of(*EVENTS, CHOSEN, CHOSEN), "CHOSEN_TWICE"),
    "a run that begins twice": (lambda: of(CREATED, *EVENTS), "RECORDED_TWICE"),
    "an end that nobody wrote down": (lambda: of(*EVENTS[:-1]), "END_NOT_RECORDED"),
    "a state that nobody entered": (
        lambda: of(CREATED, RUNNING, DECIDED, INTENDED, {**SUCCEEDED, "state": {"from": "deciding", "to": "x"}}, OVER),
        "STATES_DO_NOT_MEET",
    ),
    "an event that should be there once": (lambda: replace(RIGHT, once=("approval.consumed",)), "NOT_ONCE"),
    "a hand-over that was let pass twice": (lambda: of(*EVENTS, HANDED, HANDED), "PASSED_TWICE"),
    "a trail with a gap": (lambda: replace(RIGHT, entries=(*RIGHT.entries[:2], *RIGHT.entries[3:])), "TRAIL_BROKEN"),
    "a run that goes on for ever": (lambda: replace(RIGHT, run=run_of("RUNNING")), "RUN_NOT_OVER"),
}


def test_what_is_right_passes() -> None:
    assert dishonesties(RIGHT) == ()


@pytest.mark.requirement("orchestrator.kill-checker-can-fail")
@pytest.mark.parametrize("cheat", CHEATS)
def test_a_dishonesty_is_found(cheat: str) -> None:
    traces, code = CHEATS[cheat]
    assert code in {breach.code for breach in dishonesties(traces())}


@pytest.mark.requirement("orchestrator.kill-checker-can-fail")
def test_two_effects_under_one_entry_are_found_in_the_books() -> None:
    books = Books((Effect("tasks", "create_task", KEY),), (message_id(KEY), message_id(KEY)), frozenset(), {"task": 2})
    assert [one.code for one in books.doubles()] == ["EFFECT_TWICE"]
    assert books.letters_of([KEY]) == [KEY, KEY]
