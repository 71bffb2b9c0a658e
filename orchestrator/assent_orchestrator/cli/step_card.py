"""One step of a run as people read it: what became of it, why, and what it returned."""

from google.protobuf.json_format import MessageToDict
from rich.text import Text

from assent.v1 import runs_pb2 as wire
from assent_orchestrator.cli.finding import obligation_line, reason_line
from assent_orchestrator.cli.printing import coloured, exact, moment, say, say_under, value_lines
from assent_orchestrator.cli.run_card import step_word, verdict_of
from assent_orchestrator.cli.run_story import Story
from assent_orchestrator.plan.pointer import split

_MARGIN = 11


def show_step(step: wire.Step, story: Story) -> None:
    """Write a step, and last what it returned."""
    said = verdict_of(step)
    say(f"step {step.id} is ", coloured(step_word(step.state)))
    _field("action", f"{step.action}, by the agent {step.agent}")
    _field("tried", "once" if step.attempt == 1 else f"{step.attempt} times" if step.attempt else "")
    _field("from", " until ".join(filter(None, (moment(step.start_time), moment(step.end_time)))))
    _field("waits", f"until {moment(step.defer_time)}" if step.HasField("defer_time") else "")
    _field("why", f"{step.reason}{f': {step.message}' if step.message else ''}" if step.reason else "")
    _field("people", story.answers(step.id))
    _field("about", story.hand_over(step))
    _field("verdict", said)
    for at, reason in enumerate(step.decision.reasons):
        _field("because" if at == 0 else "", reason_line(reason))
    for at, duty in enumerate(step.decision.obligations):
        _field("demands" if at == 0 else "", obligation_line(duty))
    _field("decision", step.decision.decision_id)
    _field("trace", step.trace_id)
    _returned(step)


def _returned(step: wire.Step) -> None:
    if step.output_omitted:
        _field("returned", "more than fits an answer; its items have theirs, as STEP.0")
    if not step.HasField("output"):
        return
    output = exact(MessageToDict(step.output))
    if not isinstance(output, dict) or not output:
        say("  returned", _labels(step, ()))
        _value("    ", output)
        return
    say("  returned", _labels(step, (), deep=False))
    widest = max(map(len, output))
    for name in sorted(output):
        _value(f"    {name:<{widest}}  ", output[name], _labels(step, (name,)))


def _value(head: str, value: object, labels: Text | None = None) -> None:
    """Write a value behind its head, its further lines below it."""
    first, *more = value_lines(value)
    say_under(head, first, labels or "")
    for line in more:
        say_under(" " * len(head), line)


def _labels(step: wire.Step, place: tuple[str, ...], *, deep: bool = True) -> Text:
    """Return the labels of what is at a place and of what it is in; ``deep``: of what is in it, too."""
    found = set()
    for pointer, named in step.labels.items():
        at = tuple(split(pointer))
        if place[: len(at)] == at or (deep and at[: len(place)] == place):
            found |= set(named.labels)
    return Text(f"  [{', '.join(sorted(found))}]" if found else "", style="magenta")


def _field(name: str, line: str | Text) -> None:
    if line:
        say_under(f"  {name:<{_MARGIN}}", line)
