"""Whether everything was honest: what a run says, what the trail has, and what the company's own books have. Pure."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from assent.v1 import runs_pb2
from assent_orchestrator.cli.chaos.effects import Effect
from assent_orchestrator.cli.chaos.invariant import Breach, Seen, breaches
from assent_orchestrator.cli.chaos.trail import Entry
from assent_orchestrator.cli.chaos.witness import Call
from assent_orchestrator.cli.run_card import ENDED
from assent_orchestrator.plan.derived import undo_id
from tests.kill.remembrance import Remembrance, forgetful

_OUTCOMES = {"action.succeeded": "succeeded", "action.failed": "failed", "action.unknown": "unknown"}
_OVER = frozenset({"run.succeeded", "run.failed", "run.compensated", "run.cancelled", "run.halted"})
_SUCCEEDED = runs_pb2.STEP_STATE_SUCCEEDED
_ONCE = _OVER | {"run.created"}


@dataclass(frozen=True, slots=True)
class Traces:
    """What one run left behind.

    ``entries`` is the whole trail of its tenant, ``rows`` are the effects as our own tables have them (step to status),
    ``counted`` is what the ledger of spending says of each key (reserved, held, spent or released),
    ``letters`` the keys of the e-mails that arrived, ``in_doubt`` the keys of which the tool server cannot say itself
    whether they had an effect. ``memory`` is what is remembered by then. ``expected`` is how the same renewal ends that
    nobody disturbs: step to state. ``once`` are events that it has exactly once, however often it is killed.
    """

    run: runs_pb2.Run
    entries: Sequence[Entry] = ()
    calls: Sequence[Call] = ()
    effects: Sequence[Effect] = ()
    letters: Sequence[str] = ()
    rows: Mapping[str, str] = field(default_factory=dict)
    counted: Mapping[str, str] = field(default_factory=dict)
    in_doubt: frozenset[str] = frozenset()
    memory: Remembrance = field(default_factory=Remembrance)
    once: Sequence[str] = ()
    expected: Mapping[str, str] = field(default_factory=dict)

    @property
    def id(self) -> str:
        """The run's id."""
        return self.run.name.rpartition("/")[2]

    @property
    def records(self) -> list[dict[str, Any]]:
        """The records of this run, oldest first."""
        return [entry.record for entry in self.entries if entry.record.get("run") == self.id]


def dishonesties(traces: Traces) -> tuple[Breach, ...]:
    """Return everything that is not as it should be."""
    seen = Seen(
        calls=traces.calls,
        entries=traces.entries,
        effects=traces.effects,
        letters=len(traces.letters),
        runs=(traces.run,),
    )
    return (
        *breaches(seen),
        *_of_intents(traces),
        *_of_steps(traces),
        *_of_letters(traces),
        *_of_spending(traces),
        *_of_approvals(traces),
        *_of_choices(traces),
        *_of_records(traces),
        *_of_hand_overs(traces),
        *forgetful(traces.run, traces.entries, _keys(traces), traces.memory),
    )


def _of_intents(traces: Traces) -> Iterator[Breach]:
    """Each intent has its outcome, and nothing is intended anew before that of the one before is known."""
    open_: dict[str, int] = {}
    unknown: dict[str, int] = {}
    for record in traces.records:
        event, step, attempt = record["event"], record.get("step", ""), record.get("attempt", 0)
        if event == "action.intended":
            if step in open_:
                yield Breach("INTENT_TWICE", f"{step}: attempt {attempt} while {open_[step]} has no outcome")
            open_[step] = attempt
        elif event in _OUTCOMES:
            open_.pop(step, None)
            unknown.pop(step, None)
            if event == "action.unknown":
                unknown[step] = attempt
    yield from (Breach("NO_OUTCOME", f"{step}: attempt {attempt} has no outcome") for step, attempt in open_.items())
    states = _states(traces.run)
    for step in unknown:
        if states.get(step) != "unknown":
            yield Breach("NO_OUTCOME", f"{step} is {states.get(step)}, and the last word on its effect is unknown")


def _of_steps(traces: Traces) -> Iterator[Breach]:
    """What a step says is what the books have."""
    done = Counter(effect.key for effect in traces.effects)
    keys = _keys(traces)
    states = _states(traces.run)
    for step, state in states.items():
        key = keys.get(step)
        row = traces.rows.get(step)
        if key is not None and state == "succeeded" and done[key] != 1:
            yield Breach("NOT_ONCE", f"{step} succeeded, and the books have it {done[key]} times")
        if state == "compensated" and (done[key or ""], done[keys.get(undo_id(step), "")]) != (1, 1):
            yield Breach("NOT_UNDONE", f"{step} is undone, and the books do not have it and its undoing once each")
        if key is not None and state == "failed" and done[key] and key not in traces.in_doubt:
            yield Breach("DONE_BUT_FAILED", f"{step} says that it failed, and the books have it")
        if state == "unknown" and key not in traces.in_doubt:
            yield Breach("COULD_BE_KNOWN", f"{step} is unknown, and the tool server can say what became of it")
        if row is not None and row not in _ROWS.get(state, (row,)):
            yield Breach("ROW_DIFFERS", f"{step} is {state}, and its effect is noted as {row}")
    for step, state in traces.expected.items():
        if states.get(step) != state:
            yield Breach("OTHER_END", f"{step} is {states.get(step)}; without the kill it is {state}")


_ROWS = {
    "succeeded": ("succeeded",),
    "compensated": ("succeeded",),
    "unknown": ("unknown",),
    "denied": ("failed",),
    "skipped": (),
}
"""How an effect may be noted when its step is so."""


def _of_spending(traces: Traces) -> Iterator[Breach]:
    """What the books have is spent, what they have not is not, and nothing stays reserved for a run that is over."""
    done = {effect.key for effect in traces.effects}
    for key, state in traces.counted.items():
        if key not in traces.in_doubt and state != ("spent" if key in done else "released"):
            yield Breach("LEDGER_DIFFERS", f"the key {key} is {state}, and the books have it: {key in done}")


def _of_letters(traces: Traces) -> Iterator[Breach]:
    keys = _keys(traces)
    arrived = Counter(traces.letters)
    yield from (Breach("EFFECT_TWICE", f"{n} e-mails under one key") for n in arrived.values() if n > 1)
    sent = next((step for step in traces.run.steps if step.action == "email.send"), None)
    if sent is not None and sent.state == _SUCCEEDED and arrived[keys.get(sent.id, "")] != 1:
        yield Breach("NOT_ONCE", f"{sent.id} succeeded, and {arrived[keys.get(sent.id, '')]} e-mails arrived")


def _of_approvals(traces: Traces) -> Iterator[Breach]:
    consumed: Counter[str] = Counter()
    answered: Counter[tuple[str, str]] = Counter()
    for record in traces.records:
        note = record.get("approval") or {}
        if record["event"] == "approval.consumed":
            consumed[note["id"]] += 1
        if record["event"] == "approval.answered":
            answered[note["id"], note.get("approver", "")] += 1
    for approval, n in consumed.items():
        if n > 1:
            yield Breach("APPROVAL_TWICE", f"the approval {approval} was used {n} times")
    for (approval, approver), n in answered.items():
        if n > 1:
            yield Breach("APPROVAL_TWICE", f"{approver} answered the approval {approval} {n} times")
        if not consumed[approval] and traces.run.state == runs_pb2.RUN_STATE_SUCCEEDED:
            yield Breach("APPROVAL_LOST", f"the approval {approval} was given and never used")


def _of_choices(traces: Traces) -> Iterator[Breach]:
    """What follows from a failure is chosen once."""
    chosen = Counter(record["approval"]["id"] for record in traces.records if record["event"] == "approval.chosen")
    yield from (Breach("CHOSEN_TWICE", f"{n} choices for the work item {item}") for item, n in chosen.items() if n > 1)


def _of_hand_overs(traces: Traces) -> Iterator[Breach]:
    """That the same may pass is decided once, whoever has to be asked."""
    passed: Counter[str] = Counter()
    for record in traces.records:
        if record["event"] == "handoff.decided" and record["decision"]["verdict"] == "allow":
            said = {name: value for name, value in record["detail"].items() if name != "ledgers"}
            passed[str((sorted(said.items()), record["decision"]["revision"]))] += 1
    yield from (Breach("PASSED_TWICE", f"{n} times: {said}") for said, n in passed.items() if n > 1)


def _of_records(traces: Traces) -> Iterator[Breach]:
    """A run begins once and ends once, and no state is left that was not entered."""
    events = Counter(record["event"] for record in traces.records)
    for event in sorted(_ONCE):
        if events[event] > 1:
            yield Breach("RECORDED_TWICE", f"{event}: {events[event]} times")
    if traces.run.state in ENDED and not any(events[event] for event in _OVER):
        yield Breach("END_NOT_RECORDED", "the run is over, and no record says so")
    for event in traces.once:
        if events[event] != 1:
            yield Breach("NOT_ONCE", f"{event}: {events[event]} times")
    at: dict[str, str] = {}
    for record in traces.records:
        moved = record.get("state")
        if moved is None:
            continue
        who = "" if record["event"].startswith("run.") else (record.get("step") or "")
        left, was = moved.get("from"), at.get(who)
        if was is not None and left != was:
            yield Breach("STATES_DO_NOT_MEET", f"{who or 'the run'}: {record['event']} leaves {left}, and it was {was}")
        at[who] = moved["to"]


def _keys(traces: Traces) -> dict[str, str]:
    """Return the idempotency key of each step that was to change something."""
    return {
        record["step"]: record["effect"]["idempotency_key"]
        for record in traces.records
        if record["event"] == "action.intended" and record["action"]["effect"] != "read"
    }


def _states(run: runs_pb2.Run) -> dict[str, str]:
    return {step.id: runs_pb2.StepState.Name(step.state).removeprefix("STEP_STATE_").lower() for step in run.steps}
