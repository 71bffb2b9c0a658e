"""One record of the trail as people read it."""

import json
from collections.abc import Collection, Iterator, Mapping
from datetime import UTC
from typing import Any

from rich.text import Text

from assent.v1 import audit_pb2 as wire
from assent_orchestrator.audit.record import grounds
from assent_orchestrator.cli.log import one_line
from assent_orchestrator.cli.printing import clock_time, coloured, moment, say_under
from assent_orchestrator.server.translate.moment import timestamp_of

_PEOPLE = frozenset({"user", "service"})
"""The kinds of actors who came from outside; what agents do in a run is said by action and step."""

_TOLD = frozenset({"reason", "refused"})
"""Of the detail, what is said as the reason."""

_NOT_FOR_PEOPLE = frozenset({"memories", "digest", "bytes"})
"""Of the detail of memory, what nobody reads: how many values there are, and of which class, is said."""


def show_record(entry: wire.AuditRecord) -> None:
    """Write a record in two lines: what happened, and why, under which numbers it is found elsewhere."""
    record = json.loads(entry.canonical_json)
    decision, state, trace, effect, approval, detail, action = (
        record.get(part) or {} for part in ("decision", "state", "trace", "effect", "approval", "detail", "action")
    )
    in_run = bool(record.get("run"))
    hand_over, memory = entry.event == "handoff.decided", entry.event.startswith("memory.")
    refused = detail.get("refused") if decision else None
    before, after = state.get("from"), state.get("to")
    step = record.get("step") or ("run" if in_run and not memory else "")
    say_under(
        f"{entry.seq:>6}  {clock_time(entry.time.ToDatetime(UTC))}  ",
        f"{entry.event:<20} {step:<16} ",
        coloured(_answer(decision, step) or approval.get("outcome") or effect.get("status") or ""),
        *((", then ", coloured("refused")) if refused else ()),
        f"  {before or 'new'} -> {after}" if after else "",
    )
    parts = (
        action.get("name") or "",
        f"{detail['from']} to {detail['to']}, {detail['reason']}" if hand_over else "",
        f"{detail['item']} under {detail['under']}" if in_run and "under" in detail else "",
        _why(record, hand_over=hand_over),
        _who(record, in_run=in_run and not memory),
        f"edited {', '.join(approval['edits'])}" if approval.get("edits") else "",
        *(_extras(detail, _TOLD | _NOT_FOR_PEOPLE if memory else _TOLD) if memory or not in_run else ()),
        f"decision {decision['id']}" if decision.get("id") else "",
        f"trace {trace['trace_id']}" if trace.get("trace_id") else "",
        f"hash {entry.hash.removeprefix('sha256:')[:12]}",
    )
    told = "  ".join(part for part in parts if part)
    say_under(" " * 22, Text(one_line(told), style="bright_black"))


def _why(record: Mapping[str, Any], *, hand_over: bool) -> str:
    """Return why, and under which controls; what would have allowed what was denied is no reason of that."""
    decision, effect, detail = (record.get(part) or {} for part in ("decision", "effect", "detail"))
    own = None if hand_over else detail.get("reason")
    codes = (detail.get("refused"), *grounds(decision), effect.get("error"), own)
    why = ", ".join(str(code) for code in codes if code)
    why += f": {branch}" if (branch := detail.get("branch")) else ""
    controls = ", ".join(decision.get("controls") or ())
    return why + (f" ({controls})" if controls else "")


def _who(record: Mapping[str, Any], *, in_run: bool) -> str:
    """Return whose doing it was: a person's or a service's, outside of the steps of runs an agent's, too."""
    actor, approval = (record.get(part) or {} for part in ("actor", "approval"))
    who = approval.get("approver") or (actor.get("id") if actor.get("kind") in _PEOPLE else "")
    if not who and not in_run and actor.get("kind") == "agent":
        who = f"the agent {actor['id']}"
    whom = record.get("on_behalf_of")
    return (f"by {who}" + (f" for {whom}" if whom and whom != who else "")) if who else ""


def _extras(detail: Mapping[str, Any], without: Collection[str]) -> Iterator[str]:
    """Yield what else is known of what happened outside of the steps of runs, or to memory: ``withheld 2``."""
    for name, value in detail.items():
        told = name.replace("_", " ")
        match value:
            case _ if name in without:
                pass
            case bool():
                yield told if value else f"not {told}"
            case str() if name.endswith("_at"):
                yield f"{told} {_moment(value)}"
            case str() | int():
                yield f"{told} {value}"
            case [*names] if names and all(isinstance(one, str) for one in names):
                yield f"{told} {', '.join(names)}"
            case {**counts} if counts and all(isinstance(one, int) for one in counts.values()):
                yield f"{told} {', '.join(f'{count} {what}' for what, count in counts.items())}"


def _moment(written: str) -> str:
    """Return a point in time as commands write it, and what is none as it is."""
    try:
        return moment(timestamp_of(written))
    except ValueError:
        return written


def _answer(decision: Mapping[str, Any], step: str) -> str:
    """Return the verdict, or for a condition that was not forbidden whether the step is taken.

    Of a choice it is one of its rules that is true or is not: which branch is taken is said when it is made.
    """
    verdict = str(decision.get("verdict") or "")
    if decision.get("kind") == "condition" and verdict == "allow":
        if step.endswith(".choice"):
            return "true" if decision.get("taken") else "not true"
        return "taken" if decision.get("taken") else "not taken"
    return verdict
