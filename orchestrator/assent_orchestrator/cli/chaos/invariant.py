"""The promise, checked from the outside: no tool was called without a committed allow. Pure.

What is compared: the calls that the witness received, the books of the company, the trail as an auditor reads it, the
answers that agents got, and the runs as they ended.
"""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from assent.v1 import runs_pb2
from assent_orchestrator.cli.chaos.asking import Ask, verdict_of
from assent_orchestrator.cli.chaos.effects import Effect
from assent_orchestrator.cli.chaos.trail import Entry
from assent_orchestrator.cli.chaos.witness import Call
from assent_orchestrator.cli.run_card import ENDED
from assent_orchestrator.plan.choice import choice_of
from assent_orchestrator.plan.digests import is_keyed
from assent_sidecar.catalogue.own import MEMORY

_GENESIS = "sha256:" + "0" * 64
_SUCCEEDED = runs_pb2.STEP_STATE_SUCCEEDED
_WITHOUT_EFFECT = frozenset(
    {
        runs_pb2.STEP_STATE_PENDING,
        runs_pb2.STEP_STATE_DENIED,
        runs_pb2.STEP_STATE_SKIPPED,
        runs_pb2.STEP_STATE_CANCELLED,
    }
)
_SETTLED = _WITHOUT_EFFECT | {
    _SUCCEEDED,
    runs_pb2.STEP_STATE_FAILED,
    runs_pb2.STEP_STATE_UNKNOWN,
    runs_pb2.STEP_STATE_COMPENSATED,
}
_LETTERS = "email"


@dataclass(frozen=True, slots=True)
class Breach:
    """A promise that was broken; ``code`` for programs, ``what`` for people."""

    code: str
    what: str


@dataclass(frozen=True, slots=True)
class Seen:
    """Everything that was seen from the outside.

    ``problem`` is what the server's own verification of the trail finds wrong, or nothing. ``letters`` counts the
    e-mails that arrived. ``policies`` names the policy of each revision that may have been in force. In each of the
    ``silent`` spans (seconds on the clock of the asks) the engine could say no word.
    """

    calls: Sequence[Call] = ()
    entries: Sequence[Entry] = ()
    problem: str = ""
    effects: Sequence[Effect] = ()
    letters: int = 0
    runs: Sequence[runs_pb2.Run] = ()
    asks: Sequence[Ask] = ()
    policies: Mapping[str, str] = field(default_factory=dict)
    silent: Sequence[tuple[float, float]] = ()


def breaches(seen: Seen) -> tuple[Breach, ...]:
    """Return every breach; none: the promise held."""
    return (
        *_of_trail(seen),
        *_of_calls(seen),
        *_of_effects(seen),
        *_of_faults(seen),
        *_of_asks(seen),
        *_of_runs(seen),
    )


def _of_trail(seen: Seen) -> Iterator[Breach]:
    """Hash every record again, as the server's own verification does; it is not asked to judge itself."""
    if seen.problem:
        yield Breach("TRAIL_BROKEN", seen.problem)
    before, due = _GENESIS, 1
    for entry in seen.entries:
        digest = f"sha256:{hashlib.sha256(entry.content).hexdigest()}"
        if entry.seq != due or entry.record.get("prev") != before or entry.hash != digest:
            yield Breach("TRAIL_BROKEN", f"record {entry.seq} does not follow record {due - 1}")
            return
        before, due = digest, due + 1


def _of_calls(seen: Seen) -> Iterator[Breach]:
    intents = {_effect(entry).get("permit"): entry for entry in seen.entries if _event(entry) == "action.intended"}
    allows: dict[str, list[Entry]] = {}
    for entry in seen.entries:
        if _event(entry) == "decision.made" and _permits(entry.record):
            allows.setdefault(entry.record["decision"]["id"], []).append(entry)
    used: set[str] = set()
    for call in seen.calls:
        name = f"{call.action} with the key {call.key}"
        if call.permit is None:
            yield Breach("CALL_WITHOUT_PERMIT", f"{name}: no valid permit for this very call")
            continue
        if call.permit.id in used:
            yield Breach("PERMIT_USED_TWICE", f"{name}: its permit came with an earlier call")
        used.add(call.permit.id)
        intent = intents.get(call.permit.id)
        if intent is None or not _same(call, intent):
            yield Breach("CALL_WITHOUT_INTENT", f"{name}: no intent for exactly this in the trail")
            continue
        if call.committed is not None and call.committed < intent.seq:
            yield Breach("CALL_BEFORE_INTENT", f"{name}: it came before its intent, record {intent.seq}, was committed")
        found = allows.get(call.permit.decision_id, [])
        if not any(allow.seq < intent.seq and _about_the_same(allow, intent) for allow in found):
            yield Breach("CALL_WITHOUT_ALLOW", f"{name}: no allow before its intent, record {intent.seq}")


def _of_effects(seen: Seen) -> Iterator[Breach]:
    called = {call.key for call in seen.calls if call.committed is not None}
    places = {key: place for key, place, _ in _intended(seen)}
    times: dict[str, int] = {}
    done: dict[tuple[str, str], str] = {}
    for effect in seen.effects:
        times[effect.key] = times.get(effect.key, 0) + 1
        # What is remembered or forgotten, the server does itself.
        if effect.key not in called and effect.system != MEMORY:
            yield Breach("EFFECT_WITHOUT_CALL", f"{effect.system} did something under {effect.key} that nobody called")
        place = places.get(effect.key)
        if place is not None and place[0] and done.setdefault(place, effect.key) != effect.key:
            yield Breach("EFFECT_TWICE", f"step {place[1]} of run {place[0]} had two effects")
    yield from (Breach("EFFECT_TWICE", f"the key {key} had {n} effects") for key, n in times.items() if n > 1)
    handed_over = sum(effect.system == _LETTERS for effect in seen.effects)
    if seen.letters > handed_over:
        yield Breach("EFFECT_TWICE", f"{seen.letters} e-mails arrived, {handed_over} were handed over")


def _of_faults(seen: Seen) -> Iterator[Breach]:
    for entry in seen.entries:
        decision = entry.record.get("decision") or {}
        if decision.get("fault") and decision.get("verdict") != "deny":
            yield Breach("FAULT_NOT_DENIED", f"record {entry.seq}: no decision was had, and it is no deny")


def _of_asks(seen: Seen) -> Iterator[Breach]:
    recorded = {
        entry.record["decision"]["id"]: entry.record for entry in seen.entries if _event(entry) == "decision.made"
    }
    for ask in (ask for ask in seen.asks if ask.verdict):
        name = f"the answer {ask.decision_id} on {ask.discount} %"
        if ask.fault and (ask.verdict != "deny" or ask.permitted):
            yield Breach("FAULT_NOT_DENIED", f"{name}: no decision was had, and it is no deny")
        if ask.permitted != (ask.verdict == "allow"):
            yield Breach("PERMIT_WITHOUT_ALLOW", f"{name}: {ask.verdict}, and a permit: {ask.permitted}")
        policy = seen.policies.get(ask.revision)
        if not ask.fault and (policy is None or verdict_of(policy, ask.discount) != ask.verdict):
            yield Breach("WRONG_ANSWER", f"{name}: {ask.verdict} is not what revision {ask.revision[:19]} says")
        if ask.verdict == "allow" and any(begin <= ask.sent and ask.answered <= end for begin, end in seen.silent):
            yield Breach("ALLOW_WITHOUT_ENGINE", f"{name}: an allow while the engine could not say a word")
        if recorded.get(ask.decision_id, {}).get("decision", {}).get("verdict") != ask.verdict:
            yield Breach("ANSWER_NOT_RECORDED", f"{name}: the trail does not have it")


def _of_runs(seen: Seen) -> Iterator[Breach]:
    """Compare what each run says of itself with what was done."""
    done = {effect.key for effect in seen.effects}
    changed = {place for key, place, effect in _intended(seen) if effect != "read" and key in done}
    succeeded = {
        (entry.record.get("run", ""), entry.record.get("step", ""))
        for entry in seen.entries
        # A choice does nothing itself, and what is done for a list is done by its items, which are steps of their own.
        if _event(entry) in ("action.succeeded", "step.iterating", "step.succeeded")
    }
    writes = {place for _, place, effect in _intended(seen) if effect != "read"}
    for run in seen.runs:
        run_id = run.name.rpartition("/")[2]
        if run.state not in ENDED:
            yield Breach("RUN_NOT_OVER", f"the run {run_id} is still {runs_pb2.RunState.Name(run.state)}")
            continue
        for step in run.steps:
            place = (run_id, step.id)
            state = runs_pb2.StepState.Name(step.state)
            name = f"step {step.id} of run {run_id} is {state}"
            if step.state not in _SETTLED:
                yield Breach("RUN_NOT_HONEST", f"{name}, and the run is over")
            performed = place in succeeded and (place not in writes or place in changed)
            if (
                step.state == _SUCCEEDED and choice_of(step.id) is None and not performed
            ):  # a choice does nothing itself
                yield Breach("RUN_NOT_HONEST", f"{name}, and it was not done")
            if step.state in _WITHOUT_EFFECT and place in changed:
                yield Breach("RUN_NOT_HONEST", f"{name}, and it was done")


def _intended(seen: Seen) -> Iterator[tuple[str, tuple[str, str], str]]:
    """Yield each intended effect: its key, its run and step (no run: an agent acts itself), and what kind it is."""
    for entry in seen.entries:
        if _event(entry) == "action.intended":
            record = entry.record
            key, place = record["effect"]["idempotency_key"], (record.get("run", ""), record.get("step", ""))
            yield key, place, record["action"]["effect"]


def _event(entry: Entry) -> str:
    return str(entry.record.get("event", ""))


def _effect(entry: Entry) -> dict[str, Any]:
    found: dict[str, Any] = entry.record.get("effect") or {}
    return found


def _permits(record: Mapping[str, Any]) -> bool:
    decision = record["decision"]
    refused = (record.get("detail") or {}).get("refused")
    return decision["verdict"] == "allow" and not decision.get("fault") and refused is None


def _same(call: Call, intent: Entry) -> bool:
    action = intent.record.get("action") or {}
    # A keyed digest cannot be computed anew: then it is the permit, verified with what was sent, that says the same.
    digest = call.digest if is_keyed(action.get("digest", "")) and call.permit is not None else action.get("digest")
    return (action.get("name"), digest, _effect(intent).get("idempotency_key")) == (call.action, call.digest, call.key)


def _about_the_same(allow: Entry, intent: Entry) -> bool:
    """Say whether both are about one step; arguments may have been redacted in between, so not by the digest."""

    def about(entry: Entry) -> tuple[Any, ...]:
        record = entry.record
        return record.get("run"), record.get("step"), (record.get("action") or {}).get("name")

    return about(allow) == about(intent)
