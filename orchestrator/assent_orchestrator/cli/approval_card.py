"""One approval as its approver reads it: everything that the answer is bound to."""

from google.protobuf.json_format import MessageToDict
from rich.text import Text

from assent.v1 import approvals_pb2 as wire
from assent.v1 import decisions_pb2
from assent_orchestrator.cli.finding import reason_line, requirement_lines
from assent_orchestrator.cli.printing import coloured, exact, moment, say, value_lines, word
from assent_orchestrator.cli.run_card import short
from assent_orchestrator.plan.pointer import split

_MARGIN = 11


def state_of(approval: wire.Approval) -> Text:
    """Return where an approval stands, in its colour."""
    return coloured(word(wire.ApprovalState, approval.state, "APPROVAL_STATE"))


def show_approval(approval: wire.Approval) -> None:
    """Write the whole card."""
    say(f"approval {short(approval.name)} is ", state_of(approval), f", asked at {moment(approval.create_time)}")
    _field("until", [moment(approval.expire_time)])
    _field("action", [f"{approval.action} ({word(decisions_pb2.Effect, approval.effect, 'EFFECT')})"])
    _field("by", [f"agent {approval.agent}, for {approval.principal}"])
    _field("in", [f"step {approval.step} of {approval.process}, run {short(approval.run)}"])
    _field("because", [reason_line(reason) for reason in approval.reasons])
    _field("needs", requirement_lines(approval.requirement))
    _arguments(approval)
    for given in approval.answers:
        said = "yes" if given.approved else "no"
        who = f"{given.approver} for {given.on_behalf_of}" if given.on_behalf_of else given.approver
        _field("answer", [f"{said} by {who} at {moment(given.answer_time)}: {given.rationale}"])
    _field("revision", [approval.revision])
    _field("decision", [f"{approval.decision_id}, trace {approval.trace_id or 'none'}"])
    _field("digests", [f"action {approval.action_digest}", f"shown {approval.presented_digest}"])


def _arguments(approval: wire.Approval) -> None:
    arguments = MessageToDict(approval.arguments)
    say("  with")
    widest = max((len(name) for name in arguments), default=0)
    for name in sorted(arguments):
        first, *more = value_lines(exact(arguments[name]))
        say(f"    {name:<{widest}}  {first}", _labels(approval, name))
        for line in more:
            say(" " * (widest + 6), line)
    missing = sorted(pointer for pointer in approval.labels if (split(pointer) or ("",))[0] not in arguments)
    for pointer in missing:
        say(f"    {pointer}  is not shown", _labels_at(approval, pointer))


def _labels(approval: wire.Approval, name: str) -> Text:
    found = sorted(
        {label for pointer, named in approval.labels.items() if split(pointer)[:1] == (name,) for label in named.labels}
    )
    return Text(f"  [{', '.join(found)}]" if found else "", style="magenta")


def _labels_at(approval: wire.Approval, pointer: str) -> Text:
    return Text(f"  [{', '.join(approval.labels[pointer].labels)}]", style="magenta")


def _field(name: str, lines: list[str]) -> None:
    for at, line in enumerate(lines):
        say(f"  {name if at == 0 else '':<{_MARGIN}}{line}")
