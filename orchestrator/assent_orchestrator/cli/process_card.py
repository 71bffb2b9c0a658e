"""One process, and what differs between two, as people read them."""

import json
from collections.abc import Iterable
from typing import Any

from pydantic import ValidationError
from rich.text import Text

from assent.v1 import processes_pb2 as wire
from assent_orchestrator.cli.connection import Connection
from assent_orchestrator.cli.exit_code import ExitCode
from assent_orchestrator.cli.log import one_line
from assent_orchestrator.cli.printing import exact, say, say_under, table
from assent_orchestrator.cli.problem import Problem
from assent_orchestrator.cli.run_card import short
from assent_orchestrator.errors import InvalidError
from assent_orchestrator.plan.difference import Change
from assent_orchestrator.plan.graph import Graph
from assent_orchestrator.server.translate.process import read_process
from assent_orchestrator.tools.value import ValueFaultError
from assent_sidecar.catalogue.process import Alternative, Asking, Choice, OnFailure, Process
from assent_sidecar.model import Json

_SIGNS = {"added": ("+", "green"), "removed": ("-", "red"), "changed": ("~", "yellow")}


def read_shown(shown: wire.Process) -> Process:
    """Return the process that a server showed.

    Raises:
        Problem: this version cannot read it.
    """
    try:
        return read_process(shown)
    except (InvalidError, ValueFaultError, ValidationError) as error:
        what = (
            f"the server's process {short(shown.name)} cannot be read by this version of assent; compare the versions"
        )
        raise Problem(what, ExitCode.UNAVAILABLE, code="PROCESS_UNREADABLE") from error


def get_process(connection: Connection, name: str) -> wire.Process:
    """Return a process of the bundle in force, as the server shows it."""
    return connection.call(
        connection.processes.GetProcess, wire.GetProcessRequest(name=connection.name("processes", name))
    )


def show_process(process: Process, revision: str) -> None:
    """Write a process: whose it is, what may vary, its choices, its steps. ``revision``: empty outside of a bundle."""
    say(f"{process.name} {process.version}: {process.title}")
    say(f"  owned by {process.owner}, of the department {process.department}")
    say(f"  a plan may {_variation(process)}; everything else is an amendment")
    limits = [f"at most {process.max_steps} steps", f"without a decision it {process.on_no_decision}s"]
    if process.deadline:
        undone = " and what it did is undone" if process.on_deadline == "compensate" else ""
        limits.append(f"after {process.deadline} it fails{undone}")
    say(f"  {', '.join(limits)}")
    given = process.inputs.get("properties")
    if isinstance(given, dict) and given:
        say(f"  inputs: {', '.join(given)}")
    for name, choice in process.choices.items():
        say(f"  choice {name}{_behind(choice.after)}: {_branches(choice)}")
    graph = Graph.of(process.steps, process.choices)
    rows = [
        (
            step.id,
            step.agent,
            step.action,
            " ".join(graph.depends_on(step.id)),
            " ".join(part for part in (step.branch or "", f"if {step.when}" if step.when else "") if part),
            "each" if step.for_each else "",
            _on_failure(step.on_failure),
            step.compensation.action if step.compensation else "",
        )
        for step in process.steps
    ]
    table(("STEP", "AGENT", "ACTION", "AFTER", "TAKEN", "FOR", "WHEN IT FAILS", "UNDONE BY"), rows)
    if revision:
        say(f"under revision {revision}")


def show_changes(changes: Iterable[Change]) -> None:
    """Write what differs, a part a line: ``+`` is new, ``-`` is gone, ``~`` is another one."""
    for change in changes:
        sign, style = _SIGNS[change.sort]
        parts = [_value(one) for one in (change.before, change.after) if one is not None]
        say_under(f"{sign} {change.path}  ", Text(one_line(" -> ".join(parts)), style=style))


def change_json(change: Change) -> dict[str, Any]:
    """Return a difference for programs."""
    return {"path": change.path, "sort": str(change.sort), "before": change.before, "after": change.after}


def plan_json(process: Process) -> dict[str, Any]:
    """Return a process as the plan that it is, for who writes another one."""
    steps = [{name: exact(value) for name, value in step.to_json().items()} for step in process.steps]
    choices = {name: choice.to_json() for name, choice in process.choices.items()}
    return {"process": process.name, "steps": steps, **({"choices": choices} if choices else {})}


def _variation(process: Process) -> str:
    skip = f"leave out {', '.join(process.may.skip)}" if process.may.skip else "leave out nothing"
    order = "order the steps otherwise" if process.may.reorder else "not change the order"
    more = [f"choose in {', '.join(process.may.choose)}"] if process.may.choose else []
    more += [f"do {name} up to {times} times" for name, times in process.may.repeat.items()]
    *first, last = [skip, *more, order]
    return f"{', '.join(first)} and {last}"


def _behind(after: Iterable[str]) -> str:
    names = ", ".join(after)
    return f" behind {names}" if names else ""


def _branches(choice: Choice) -> str:
    told = [f"{branch.name} if {branch.when}" for branch in choice.branches]
    return ", ".join([*told, *([f"otherwise {choice.otherwise}"] if choice.otherwise else [])])


def _on_failure(what: OnFailure) -> str:
    match what:
        case Alternative(alternative=name):
            return f"{name} instead"
        case Asking(ask=ask):
            return f"{ask.role} is asked"
        case _:
            return str(what)


def _value(value: Json) -> str:
    return json.dumps(value, ensure_ascii=False)
