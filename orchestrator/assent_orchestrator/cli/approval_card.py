"""One approval as its approver reads it: everything that the answer is bound to."""

from collections.abc import Collection, Iterable, Sequence

from google.protobuf.json_format import MessageToDict
from rich.text import Text

from assent.v1 import approvals_pb2 as wire
from assent.v1 import decisions_pb2, handovers_pb2, runs_pb2
from assent_orchestrator.cli.finding import obligation_line, reason_line, requirement_lines
from assent_orchestrator.cli.printing import coloured, exact, moment, say, say_under, value_lines, word
from assent_orchestrator.cli.run_card import short
from assent_orchestrator.plan.pointer import split

_MARGIN = 11

_EDIT = "an approver's edit"

_NO = {
    "stops": "the run stops",
    "skips": "the run goes on without this step",
    "alternative": "instead, the run does",
    "compensates": "the run stops, and undoes",
    "leaves": "it is not undone; this stays",
}
"""What follows from a no, as people say it."""

_CHOICES = {
    "retry": "it is tried once more, if the policies allow it",
    "reconcile": "you say what became of it",
    "skip": "the run goes on without it",
    "compensate": "the run fails, and what it did is undone",
}
_OTHERWISE = {**_CHOICES, "fail": "it fails, and the run with it"}
"""What follows from a choice, and from none in time, as people say it."""

_STAYS = "it stays unknown until somebody says what became of it"


def state_of(approval: wire.Approval) -> Text:
    """Return where an approval stands, in its colour."""
    return coloured(word(wire.ApprovalState, approval.state, "APPROVAL_STATE"))


def asked_line(approval: wire.Approval) -> str:
    """Return what is asked about in short: an action, or who hands over to whom."""
    over = approval.hand_over
    return f"{over.source} hands over to {over.target}" if approval.HasField("hand_over") else approval.action


def show_approval(approval: wire.Approval) -> None:
    """Write the whole card."""
    said = (f"approval {short(approval.name)} is ", state_of(approval), f", asked at {moment(approval.create_time)}")
    say_under("", *said)
    _field("until", [moment(approval.expire_time)])
    if approval.HasField("hand_over"):
        _hand_over(approval.hand_over, approval.step)
    _field("action", [f"{approval.action} ({word(decisions_pb2.Effect, approval.effect, 'EFFECT')})"])
    _field("by", [f"agent {approval.agent}, for {approval.principal}"])
    _field("in", [f"step {approval.step} of {approval.process}, run {short(approval.run)}"])
    _field("because", [line for reason in approval.reasons for line in _reason(reason)])
    _field("also under", [", ".join(approval.controls)] if approval.controls else [])
    if approval.kind == wire.APPROVAL_KIND_WORK_ITEM:
        _came_to(approval.work_item)
        _field("needs", [f"a choice of {stage.role}" for stage in approval.requirement.stages])
    else:
        _field("needs", requirement_lines(_asked(approval)))
        if not approval.HasField("hand_over"):
            _arguments(approval)
    _field("changed", [line for change in approval.changes for line in _change(change)])
    _field("takes", map(cost_line, approval.costs))
    _so_far(approval)
    if approval.kind == wire.APPROVAL_KIND_REVIEW:
        _field("reviews", [f"approval {short(approval.about)}", answer_line(approval.reviewed)])
        _field("on yes", ["it was right"])
        _field("on no", ["it was not; that is recorded, and nothing is undone"])
    elif approval.kind == wire.APPROVAL_KIND_WORK_ITEM:
        _choices(approval.work_item)
    else:
        _field("on yes", [on_yes_line(approval)])
        _field("on no", [on_no_line(approval.on_no)] if approval.on_no else [])
    for given in approval.answers:
        _field("answer", [answer_line(given)])
    _field("revision", [approval.revision])
    _field("decision", [f"{approval.decision_id}, trace {approval.trace_id or 'none'}"])
    action = [f"action {approval.action_digest}"] if approval.action_digest else []
    _field("digests", [*action, f"shown {approval.presented_digest}"])


def needs_line(approval: wire.Approval) -> str:
    """Return the roles that are asked, stage by stage, each with how many of how many have said yes so far."""
    told = []
    for at, stage in enumerate(approval.requirement.stages):
        given = sum(one.stage == at and one.approved and not one.HasField("withdraw_time") for one in approval.answers)
        told.append(f"{stage.role} {given}/{stage.quorum}" if given or stage.quorum > 1 else stage.role)
    return ", ".join(told)


def _hand_over(over: handovers_pb2.HandOver, step: str) -> None:
    """Write what is to pass, and to whom."""
    who = f"{over.source} to {over.target}"
    how = f"step {step} calls its service" if over.reason == "call" else f"step {step} takes over"
    steps = f" from {', '.join(over.origins)}" if over.origins else ""
    _field("hand-over", [f"{who} ({over.reason}, depth {over.depth}): {how}{steps}"])
    _field("passes", [f"labels {', '.join(over.labels) or 'none'}; memory {', '.join(over.memory) or 'none'}"])
    left = [f"{name} has {amount} left" for name, amount in sorted(over.ledgers.items())]
    _field("", left)
    _field("but", map(obligation_line, over.less))
    widest = max((len(one.step) for one in over.takers), default=0)
    _field("to", [line for one in over.takers for line in (f"{one.step:<{widest}}  {one.action}", *_inputs(one))])


def _inputs(taker: handovers_pb2.Taker) -> Iterable[str]:
    """Yield what a step that takes over is bound to, place by place; no value is shown."""
    for one in taker.inputs:
        labels = f"  [{', '.join(one.labels)}]" if one.labels else ""
        yield f"  {one.argument or 'all of it'}  from {', '.join(one.sources)}{labels}"


def _asked(approval: wire.Approval) -> decisions_pb2.ApprovalRequirement:
    """Return what is demanded; time denies no review."""
    asked = decisions_pb2.ApprovalRequirement()
    asked.CopyFrom(approval.requirement)
    if approval.kind == wire.APPROVAL_KIND_REVIEW:
        asked.ClearField("on_expiry")
    return asked


def _came_to(item: wire.WorkItem) -> None:
    tried = "once" if item.attempts == 1 else f"{item.attempts} times"
    what = "nobody knows what became of it" if item.state == runs_pb2.STEP_STATE_UNKNOWN else "it failed"
    _field("because", [f"{what}: {item.code}, tried {tried}", *filter(None, [item.message])])


def _choices(item: wire.WorkItem) -> None:
    offered = [word(wire.WorkItem.Choice, choice, "CHOICE") for choice in item.choices]
    widest = max(map(len, offered), default=0)
    _field("choose", [f"{choice:<{widest}}  {_CHOICES.get(choice, choice)}" for choice in offered])
    _field("otherwise", [_OTHERWISE.get(item.otherwise, item.otherwise) or _STAYS])


def answer_line(given: wire.ApprovalAnswer) -> str:
    """Return what somebody answered or chose, how, and whether it still counts."""
    said = "yes" if given.approved else "no"
    if given.choice:
        said = word(wire.WorkItem.Choice, given.choice, "CHOICE")
    how = " alone" if given.break_glass else ""
    changed = f", with other values at {', '.join(given.edits)}" if given.edits else ""
    who = f"{given.approver} for {given.on_behalf_of}" if given.on_behalf_of else given.approver
    back = f" (taken back at {moment(given.withdraw_time)})" if given.HasField("withdraw_time") else ""
    return f"{said}{how}{changed} by {who} at {moment(given.answer_time)}: {given.rationale}{back}"


def _reason(reason: decisions_pb2.Reason) -> Iterable[str]:
    yield reason_line(reason)
    title = reason.rule if reason.rule != reason.message else ""
    if reason.control:
        yield f"  under the control {reason.control}{f': {title}' if title else ''}"
    elif title:
        yield f"  by the rule: {title}"


def _arguments(approval: wire.Approval) -> None:
    arguments = MessageToDict(approval.arguments)
    say("  with")
    widest = max((len(name) for name in arguments), default=0)
    for name in sorted(arguments):
        first, *more = value_lines(exact(arguments[name]))
        say_under(f"    {name:<{widest}}  ", first, labels_of(approval, name), sources_of(approval, name))
        for line in more:
            say_under(" " * (widest + 6), line)
    for pointer in _unseen(approval, arguments):
        say_under("    ", f"{pointer or 'all of it'}  is not shown", labels_of(approval, *split(pointer)))
    for pointer in approval.redacted:
        what = "is taken away, or some of it," if pointer in approval.masked else "is taken away"
        say_under("    ", f"{pointer or 'all of it'}  {what} before it is done")


def _unseen(approval: wire.Approval, arguments: Collection[str]) -> list[str]:
    """Return the places that are not shown: those that are masked, and those of which there are only labels."""
    masked = [split(pointer) for pointer in approval.masked]
    bare = (
        pointer
        for pointer in approval.labels
        if (split(pointer) or ("",))[0] not in arguments and not any(_meet(split(pointer), one) for one in masked)
    )
    return sorted({*approval.masked, *bare})


def labels_of(approval: wire.Approval, *place: str) -> Text:
    """Return every label of what is at a place, of what it is in, and of what is in it."""
    found = {
        label for pointer, named in approval.labels.items() if _meet(split(pointer), place) for label in named.labels
    }
    return Text(f"  [{', '.join(sorted(found))}]" if found else "", style="magenta")


def sources_of(approval: wire.Approval, name: str) -> Text:
    """Return where an argument comes from; nothing when it stands in the plan."""
    found = {
        _EDIT if source == "edit" else source: None
        for pointer in sorted(approval.sources)
        if split(pointer)[:1] == (name,)
        for source in approval.sources[pointer].sources
    }
    return Text(f"  from {', '.join(found)}" if found else "", style="bright_black")


def _meet(one: Sequence[str], other: Sequence[str]) -> bool:
    return all(mine == its for mine, its in zip(one, other, strict=False))


def _change(change: wire.ArgumentChange) -> Iterable[str]:
    before = value_lines(exact(MessageToDict(change.before))) if change.HasField("before") else None
    after = value_lines(exact(MessageToDict(change.after))) if change.HasField("after") else None
    where = change.pointer or "all of it"
    if before is None and after is None:
        yield f"{where} is another one, and not shown"
    elif before is None or after is None:
        first, *more = before or after or [""]
        yield f"{where} is new: {first}" if before is None else f"{where} is gone; it was {first}"
        yield from more
    elif len(before) == 1 and len(after) == 1:
        yield f"{where} was {before[0]} and is {after[0]}"
    else:
        yield from (f"{where} was", *_indented(before), "and is", *_indented(after))


def _indented(lines: Iterable[str]) -> Iterable[str]:
    return (f"  {line}" for line in lines)


def cost_line(cost: wire.LedgerCost) -> str:
    """Return what an action takes of a ledger, and where that stands."""
    if not cost.limit:
        return f"{cost.amount} of the ledger {cost.ledger}"
    standing = f"{cost.spent} of {cost.limit} spent, {cost.reserved} reserved"
    return f"{cost.amount} {cost.unit} of the ledger {cost.ledger} ({standing})"


def _so_far(approval: wire.Approval) -> None:
    widest = max((len(one.step) for one in approval.so_far), default=0)
    longest = max((len(one.action) for one in approval.so_far), default=0)
    states = [coloured(word(runs_pb2.StepState, one.state, "STEP_STATE")) for one in approval.so_far]
    lines = [
        (f"{one.step:<{widest}}  {one.action:<{longest}}  ", state)
        for one, state in zip(approval.so_far, states, strict=True)
    ]
    if approval.more_so_far:
        lines.insert(0, (f"{approval.more_so_far} steps before these", Text()))
    for at, (line, state) in enumerate(lines):
        say(f"  {'so far' if at == 0 else '':<{_MARGIN}}{line}", state)


def on_yes_line(approval: wire.Approval) -> str:
    """Return what comes next when it is approved."""
    if approval.kind == wire.APPROVAL_KIND_HANDOFF:
        takers = [one.step for one in approval.hand_over.takers] or [approval.step]
        each = "each is" if len(takers) > 1 else "that is"
        return f"the work passes to {', '.join(takers)}, and to no other step; then {each} asked about by itself"
    more = f" and {approval.more_on_yes} more" if approval.more_on_yes else ""
    return f"it is done; then {', '.join(approval.on_yes)}{more}" if approval.on_yes else "it is done"


def on_no_line(said: str) -> str:
    """Return what follows when somebody says no."""
    kind, _, steps = said.partition(": ")
    return f"{_NO.get(kind, kind)}{f': {steps}' if steps else ''}"


def _field(name: str, lines: Iterable[str]) -> None:
    for at, line in enumerate(lines):
        say_under(f"  {name if at == 0 else '':<{_MARGIN}}", line)
