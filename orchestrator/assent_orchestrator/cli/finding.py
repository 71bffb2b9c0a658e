"""Decisions as people read them: the verdict, why, under which control, and what it demands."""

from collections.abc import Iterable

from rich.text import Text

from assent.v1 import decisions_pb2 as wire
from assent_orchestrator.cli.printing import coloured, length, word


def verdict_word(verdict: int) -> str:
    """Return a verdict as policies write it."""
    return word(wire.Verdict, verdict, "VERDICT")


def verdict_text(verdict: int) -> Text:
    """Return a verdict in its colour."""
    return coloured(verdict_word(verdict))


def said_text(verdict: int, *, refused: bool) -> Text:
    """Return a verdict, and that Assent refused it nevertheless: a ledger has no room, for instance."""
    said = verdict_text(verdict)
    return Text.assemble(said, ", then ", coloured("refused")) if refused else said


def reason_line(reason: wire.Reason) -> str:
    """Return ``CODE message (control, scope)``; of what would have allowed what is denied, that it would have."""
    place = ", ".join(
        part for part in (reason.control, reason.scope, "would allow it" if reason.grants else "") if part
    )
    return " ".join(part for part in (reason.code, reason.message, f"({place})" if place else "") if part)


def codes_line(reasons: Iterable[wire.Reason]) -> str:
    """Return ``CODE (control)`` of each reason, each once; what would have allowed what is denied is none."""
    why = (one for one in reasons if not one.grants)
    return ", ".join(dict.fromkeys(f"{one.code} ({one.control})" if one.control else one.code for one in why))


def obligation_line(obligation: wire.Obligation) -> str:
    """Return what must be done, as policies write it."""
    match obligation.WhichOneof("kind"):
        case "redact":
            labels = "".join(f" {label}" for label in obligation.redact.labels)
            return f"redact {obligation.redact.path or 'everything'}{labels}"
        case "retry":
            retry = obligation.retry
            return f"retry up to {retry.max_attempts} times, {length(retry.backoff)} apart at first"
        case "timeout":
            return f"timeout {length(obligation.timeout.after)}"
        case "reserve":
            return f"reserve {obligation.reserve.amount} on {obligation.reserve.ledger}"
        case "remember":
            return f"remember {obligation.remember.path or 'the output'} as {obligation.remember.memory_class}"
        case "entrust":
            told = [f"at most {amount} of {name}" for name, amount in sorted(obligation.entrust.ledgers.items())]
            if obligation.entrust.HasField("memory"):
                told.append(f"of memory {', '.join(obligation.entrust.memory.names) or 'nothing'}")
            return f"entrust {' and '.join(told)}"
        case "notify":
            return f"notify {obligation.notify.role}"
        case _:
            return "an obligation that this version does not know"


def requirement_lines(requirement: wire.ApprovalRequirement) -> list[str]:
    """Return who must answer, who may not, and what happens when nobody does."""
    wanted = wire.ApprovalRequirement
    stages = [f"{one.quorum} x {' or '.join((one.role, *one.substitutes))}" for one in requirement.stages]
    between = ", and " if requirement.order == wanted.ORDER_PARALLEL else ", then "
    lines = [between.join(stages) or "nobody"]
    excluded = [word(wanted.Excluded, one, "EXCLUDED").replace("_", " ") for one in requirement.excluded]
    if excluded:
        lines.append(f"but not the {', the '.join(excluded)}")
    lines += [f"after {length(one.after)} also {one.role}" for one in requirement.escalations]
    if requirement.editable:
        lines.append(f"who may change {', '.join(requirement.editable)}")
    masked = (*requirement.mask, *(f"what is {label}" for label in requirement.mask_labels))
    if masked:
        lines.append(f"who is not shown {', '.join(masked)}")
    if requirement.HasField("break_glass"):
        glass = requirement.break_glass
        review = f"{glass.review.role} reviews it within {length(glass.review.within)}"
        lines.append(f"or, when there is no other way, {' or '.join(glass.roles)} alone; {review}")
    if requirement.HasField("remind"):
        lines.append(f"reminded every {length(requirement.remind)}")
    expiry = word(wanted.Expiry, requirement.on_expiry, "EXPIRY")
    if expiry == "deny":
        lines.append("without an answer in time it is denied")
    elif expiry:
        lines.append("without an answer in time somebody else is asked")
    return lines
