"""The checker itself: what is right passes, and every single cheat is found by its name."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from assent.v1 import runs_pb2
from assent_orchestrator.audit.chain import GENESIS, hash_text, seal
from assent_orchestrator.audit.record import ActionNote, DecisionNote, Draft, EffectNote
from assent_orchestrator.cli.chaos.asking import Ask
from assent_orchestrator.cli.chaos.effects import Effect
from assent_orchestrator.cli.chaos.invariant import Seen, breaches
from assent_orchestrator.cli.chaos.trail import Entry
from assent_orchestrator.cli.chaos.witness import Call
from assent_orchestrator.governance.permit import Claims

NOW = datetime(2031, 5, 6, tzinfo=UTC)
DIGEST, OTHER = f"sha256:{'a' * 64}", f"sha256:{'b' * 64}"
ACTION = "cpq.create_proposal"
PERMIT = Claims("p1", ACTION, DIGEST, "d1", "r1", "offer", 1, "k1", NOW, (), "local")
CALL = Call(ACTION, DIGEST, "k1", PERMIT, committed=2)
ASKED = Ask(5, 1.0, 2.0, "allow", (), "d2", "R", permitted=True)
NOTE = ActionNote(name=ACTION, digest=DIGEST, effect="write")


def decision(verdict: str = "allow", *, fault: bool = False, name: str = "d1", run: str | None = "r1") -> Draft:
    note = DecisionNote(id=name, verdict=verdict, revision="R", engine_version="1", input_digest="", fault=fault)
    return Draft(event="decision.made", run=run, step="offer", action=NOTE, decision=note)


def intent(**more: str) -> Draft:
    effect = EffectNote(status="intended", **{"permit": "p1", "idempotency_key": "k1", **more})  # type: ignore[arg-type] # the three texts
    return Draft(event="action.intended", run="r1", step="offer", action=NOTE, effect=effect)


SUCCEEDED = Draft(event="action.succeeded", run="r1", step="offer", effect=EffectNote(status="succeeded"))
ANSWERED = decision(name="d2", run=None)


def trail(*drafts: Draft) -> tuple[Entry, ...]:
    head, entries = GENESIS, []
    for draft in drafts:
        link = seal(draft, tenant="t", head=head, now=NOW, record_id=f"{head.seq}")
        head = link.head
        entries.append(Entry(link.seq, hash_text(link.hash), link.record, json.loads(link.record)))
    return tuple(entries)


def run_of(state: str, step: str) -> runs_pb2.Run:
    found = runs_pb2.Run(name="tenants/t/runs/r1", state=runs_pb2.RunState.Value(f"RUN_STATE_{state}"))
    found.steps.add(id="offer", state=runs_pb2.StepState.Value(f"STEP_STATE_{step}"))
    return found


ENTRIES = trail(decision(), intent(), SUCCEEDED, ANSWERED)
EFFECT = Effect("cpq", "create_proposal", "k1")
RIGHT = Seen(
    calls=(CALL,),
    entries=ENTRIES,
    effects=(EFFECT,),
    runs=(run_of("SUCCEEDED", "SUCCEEDED"),),
    asks=(ASKED,),
    policies={"R": "wide"},
)


def of(entries: tuple[Entry, ...]) -> Seen:
    return replace(RIGHT, entries=entries)


def called(**change: object) -> Seen:
    return replace(RIGHT, calls=(replace(CALL, **change),))  # type: ignore[arg-type] # fields of a call


def asked(**change: object) -> Seen:
    return replace(RIGHT, asks=(replace(ASKED, **change),))  # type: ignore[arg-type] # fields of an ask


REST = (SUCCEEDED, ANSWERED)
MAIL = Effect("email", "send", "k1")
CHEATS: dict[str, tuple[Callable[[], Seen], str]] = {
    "a call with no permit": (lambda: called(permit=None), "CALL_WITHOUT_PERMIT"),
    "a permit that is used twice": (lambda: replace(RIGHT, calls=(CALL, CALL)), "PERMIT_USED_TWICE"),
    "a call that nobody intended": (lambda: of(trail(decision(), *REST)), "CALL_WITHOUT_INTENT"),
    "a call with other arguments": (lambda: called(digest=OTHER), "CALL_WITHOUT_INTENT"),
    "a call under another key": (lambda: called(key="k2"), "CALL_WITHOUT_INTENT"),
    "an intent of another permit": (lambda: of(trail(decision(), intent(permit="p9"), *REST)), "CALL_WITHOUT_INTENT"),
    "an intent committed after the call": (lambda: called(committed=1), "CALL_BEFORE_INTENT"),
    "an intent with no decision": (lambda: of(trail(intent(), *REST)), "CALL_WITHOUT_ALLOW"),
    "an intent after a deny": (lambda: of(trail(decision("deny"), intent(), *REST)), "CALL_WITHOUT_ALLOW"),
    "an intent before its allow": (lambda: of(trail(intent(), decision(), *REST)), "CALL_WITHOUT_ALLOW"),
    "an allow for another run": (lambda: of(trail(decision(run="r9"), intent(), *REST)), "CALL_WITHOUT_ALLOW"),
    "an allow that is a fault": (lambda: of(trail(decision(fault=True), intent(), *REST)), "FAULT_NOT_DENIED"),
    "a trail with a hole": (lambda: of(ENTRIES[:2] + ENTRIES[3:]), "TRAIL_BROKEN"),
    "a trail that begins late": (lambda: of(ENTRIES[1:]), "TRAIL_BROKEN"),
    "a record that was changed": (
        lambda: of((*ENTRIES[:2], replace(ENTRIES[2], content=b"{}"), *ENTRIES[3:])),
        "TRAIL_BROKEN",
    ),
    "a trail that the server itself gives up": (lambda: replace(RIGHT, problem="MISSING"), "TRAIL_BROKEN"),
    "an effect that nobody called": (
        lambda: replace(RIGHT, effects=(EFFECT, Effect("erp", "pay", "k7"))),
        "EFFECT_WITHOUT_CALL",
    ),
    "an effect of a call that went no further": (lambda: called(committed=None), "EFFECT_WITHOUT_CALL"),
    "one key with two effects": (lambda: replace(RIGHT, effects=(EFFECT, EFFECT)), "EFFECT_TWICE"),
    "one step with two keys": (
        lambda: replace(
            of(trail(decision(), intent(), intent(idempotency_key="k2", permit="p2"), *REST)),
            effects=(EFFECT, Effect("cpq", "create_proposal", "k2")),
        ),
        "EFFECT_TWICE",
    ),
    "more letters than were handed over": (lambda: replace(RIGHT, effects=(MAIL,), letters=2), "EFFECT_TWICE"),
    "an answer that is an allow out of a fault": (lambda: asked(fault=True), "FAULT_NOT_DENIED"),
    "a permit without an allow": (lambda: asked(verdict="deny"), "PERMIT_WITHOUT_ALLOW"),
    "an allow that the policies do not give": (lambda: asked(discount=40), "WRONG_ANSWER"),
    "an answer of an unknown revision": (lambda: asked(revision="Q"), "WRONG_ANSWER"),
    "an allow while the engine is silent": (lambda: replace(RIGHT, silent=((0.5, 2.5),)), "ALLOW_WITHOUT_ENGINE"),
    "an answer that the trail does not have": (lambda: asked(decision_id="d9"), "ANSWER_NOT_RECORDED"),
    "a run that never ends": (lambda: replace(RIGHT, runs=(run_of("RUNNING", "SUCCEEDED"),)), "RUN_NOT_OVER"),
    "a run that is over with a step at work": (
        lambda: replace(RIGHT, runs=(run_of("SUCCEEDED", "DISPATCHED"),)),
        "RUN_NOT_HONEST",
    ),
    "a success that nothing came of": (lambda: replace(RIGHT, effects=()), "RUN_NOT_HONEST"),
    "a success that nobody recorded": (lambda: of(trail(decision(), intent(), ANSWERED)), "RUN_NOT_HONEST"),
    "a denial that was done all the same": (
        lambda: replace(RIGHT, runs=(run_of("FAILED", "DENIED"),)),
        "RUN_NOT_HONEST",
    ),
}


def test_what_is_right_passes() -> None:
    assert breaches(RIGHT) == ()


@pytest.mark.requirement("sidecar.faults-checker-can-fail")
@pytest.mark.parametrize("cheat", CHEATS)
def test_a_cheat_is_found(cheat: str) -> None:
    seen, code = CHEATS[cheat]
    assert code in {breach.code for breach in breaches(seen())}


def test_an_allow_that_was_asked_for_before_the_silence_is_none_of_it() -> None:
    assert breaches(replace(RIGHT, silent=((1.5, 9.0),))) == ()


def test_a_call_that_was_not_let_through_while_the_trail_could_not_be_read_may_have_had_its_intent() -> None:
    seen = replace(called(committed=None), effects=(), runs=())
    assert breaches(seen) == ()
