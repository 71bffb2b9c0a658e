"""Following a run live, over lost connections, until it ends."""

import time
from collections.abc import Callable, Iterator
from datetime import UTC
from typing import TypeVar

import grpc

from assent.v1 import approvals_pb2
from assent.v1 import runs_pb2 as wire
from assent_orchestrator.cli import finding
from assent_orchestrator.cli.connection import Connection
from assent_orchestrator.cli.exit_code import ExitCode
from assent_orchestrator.cli.printing import clock_time, coloured, moment, note, say, say_json, say_under
from assent_orchestrator.cli.problem import Problem
from assent_orchestrator.cli.refusal import problem_of, status_code
from assent_orchestrator.cli.run_card import ENDED, because, short, state_text, state_word, step_word
from assent_orchestrator.cli.run_story import answer_text

PATIENCE = 60.0
"""Seconds without any sign of the server after which a watcher gives up."""

_SUBJECT = 12
"""Digits of the digest of a subject that are told, as lists of holds do."""

_FIRST_PAUSE, _LONGEST_PAUSE = 0.2, 3.0
_PASSING = frozenset(
    {
        grpc.StatusCode.UNAVAILABLE,
        grpc.StatusCode.DEADLINE_EXCEEDED,
        grpc.StatusCode.RESOURCE_EXHAUSTED,
        grpc.StatusCode.CANCELLED,
    }
)


def watch_run(connection: Connection, name: str, *, as_json: bool, after_seq: int = 0) -> int:
    """Show what happens to a run until it ends; return the exit code: only a run that succeeded is a yes.

    Raises:
        Problem: there is no such run, or the server stays away. After Ctrl-C: the run goes on, and says so.
    """
    try:
        for event in follow(connection, name, after_seq):
            if as_json:
                say_json(event)
            else:
                _show(connection, name, event)
        run = connection.call(connection.runs.GetRun, wire.GetRunRequest(name=name))
    except KeyboardInterrupt:
        note(f"not watching any more; the run goes on: assent runs watch {short(name)}, or runs cancel")
        return ExitCode.INTERRUPTED
    if not as_json:
        say(f"run {short(name)} ", state_text(run.state), because(run))
    return ExitCode.DONE if run.state == wire.RUN_STATE_SUCCEEDED else ExitCode.NO


def follow(
    connection: Connection,
    name: str,
    after_seq: int = 0,
    *,
    patience: float = PATIENCE,
    pause: Callable[[float], None] = time.sleep,
) -> Iterator[wire.RunEvent]:
    """Yield what happened after ``after_seq`` and what happens, each event once, until the run has ended.

    Raises:
        Problem: there is no such run, the caller may not see it, or the server is away for longer than ``patience``
            seconds.
    """

    def stream(seen: int) -> Iterator[wire.RunEvent]:
        request = wire.WatchRunRequest(name=name, after_seq=seen)
        return (one for one in connection.stream(connection.runs.WatchRun, request) if one.heartbeat or one.seq > seen)

    events = resumed(connection, stream, lambda: _is_over(connection, name), after_seq, patience=patience, pause=pause)
    yield from (event for event in events if not event.heartbeat)


Event = TypeVar("Event", wire.RunEvent, approvals_pb2.ApprovalEvent)


def resumed(
    connection: Connection,
    stream: Callable[[int], Iterator[Event]],
    is_over: Callable[[], bool],
    after_seq: int,
    *,
    patience: float = PATIENCE,
    pause: Callable[[float], None] = time.sleep,
) -> Iterator[Event]:
    """Yield what streams tell, the next one from where the one before was lost, until there is nothing more to come.

    Raises:
        Problem: it is refused, or the server is away for longer than ``patience`` seconds.
    """
    seen, heard, delay, told = after_seq, time.monotonic(), _FIRST_PAUSE, False
    while True:
        try:
            for event in stream(seen):
                heard, delay, told = time.monotonic(), _FIRST_PAUSE, False
                seen = max(seen, event.seq)
                yield event
        except grpc.RpcError as error:
            if status_code(error) not in _PASSING or time.monotonic() - heard > patience:
                raise problem_of(error, str(connection.address)) from error
            if not told:
                note("the connection is lost; going on where it stopped as soon as the server answers")
                told = True
        else:
            if is_over():
                return
        pause(delay)
        delay = min(delay * 2, _LONGEST_PAUSE)


def _is_over(connection: Connection, name: str) -> bool:
    """Say whether a stream that ended did so because the run did; a server that is away does not know."""
    try:
        run = connection.call(connection.runs.GetRun, wire.GetRunRequest(name=name))
    except Problem as problem:
        if problem.exit_code is ExitCode.UNAVAILABLE:
            return False
        raise
    return run.state in ENDED


def show_event(event: wire.RunEvent) -> None:
    """Write what happened, in one line."""
    before, after = (
        (step_word(event.step_from), step_word(event.step_to))
        if event.step
        else (state_word(event.run_from), state_word(event.run_to))
    )
    hand_over = f"  {event.handed_over_by} to {event.handed_over_to}" if event.handed_over_by else ""
    say_under(
        f"{clock_time(event.time.ToDatetime(UTC))}  {event.step or 'run':<16} {event.event:<20} ",
        f"{before} -> " if before else "",
        coloured(after),
        "  " if after and event.verdict else "",
        finding.said_text(event.verdict, refused=event.refused),
        hand_over,
        f"  {', '.join(event.reasons)}" if event.reasons else "",
        f": {event.branch}" if event.branch else "",
        f"  {answer_text(event)}" if event.approver else "",
        f"  {memory_text(event.memory)}" if event.HasField("memory") else "",
        f"  {further_text(event.further)}" if event.HasField("further") else "",
        f"  decision {event.decision_id}" if event.decision_id else "",
    )


def _show(connection: Connection, name: str, event: wire.RunEvent) -> None:
    """Write what happened, and what a person may do about it."""
    show_event(event)
    if event.step_to == wire.STEP_STATE_DEFERRED and (until := _until(connection, f"{name}/steps/{event.step}")):
        note(f"  it waits until {until}")
    if event.event == "approval.requested":
        for approval in _waiting(connection, name):
            note(f"  a person is asked: assent approvals show {short(approval)}")


def memory_text(use: wire.MemoryUse) -> str:
    """Return how much of which class was remembered, recalled or forgotten, what for, and of which subject."""
    parts = (
        f"{use.count} of {use.memory_class or 'every class'}",
        f"{use.withheld} withheld" if use.withheld else "",
        f'for "{use.purpose}"' if use.purpose else "",
        f"of the subject {use.subject_digest[:_SUBJECT]}",
    )
    return ", ".join(part for part in parts if part)


def further_text(further: wire.FurtherAction) -> str:
    """Return what a service asked for that was called in a step."""
    return f"{further.agent} asks: {further.item} ({further.action})"


def _until(connection: Connection, name: str) -> str:
    try:
        return moment(connection.call(connection.runs.GetStep, wire.GetStepRequest(name=name)).defer_time)
    except Problem:  # only a hint: what comes next is shown without it
        return ""


def _waiting(connection: Connection, name: str) -> list[str]:
    request = approvals_pb2.ListApprovalsRequest(
        parent=connection.parent, filter=f"run={short(name)} AND state=PENDING"
    )
    try:
        return [one.name for one in connection.call(connection.approvals.ListApprovals, request).approvals]
    except Problem:  # only a hint: who watches need not be who may see what is asked
        return []
