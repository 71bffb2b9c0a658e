"""Two cards: what a person is shown before they answer, and why something was denied."""

from collections.abc import Mapping

from rich import box
from rich.console import Group, RenderableType
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from assent.v1 import approvals_pb2 as wire
from assent.v1.decisions_pb2 import Effect, Reason
from assent.v1.runs_pb2 import StepState
from assent_orchestrator.cli.approval_card import cost_line, labels_of, on_no_line, on_yes_line, sources_of
from assent_orchestrator.cli.demo.performance import Act
from assent_orchestrator.cli.demo.timeline import Moment
from assent_orchestrator.cli.printing import coloured, moment, word
from assent_orchestrator.tools.value import from_struct

WIDTH = 100
"""Columns of a card at most: what is told of it elsewhere fits, too."""
_AROUND = 15
"""Columns of a card in which no value stands: its frame, and the names."""
_SHOWN = 300
"""Characters of an argument that a card has room for."""


def approval_card(act: Act, shown: wire.Approval, width: int = WIDTH) -> Panel:
    """Return what the person who is asked is shown, as the server presents it, on ``width`` columns or less."""
    rows = _rows()
    rows.add_row("action", _action(act, shown.step, Effect.Name(shown.effect).removeprefix("EFFECT_").lower()))
    for number, (name, value) in enumerate(sorted(from_struct(shown.arguments).items())):
        line = Text.assemble(
            f"{name} = ", (_in_short(str(value)), "bold"), labels_of(shown, name), sources_of(shown, name)
        )
        rows.add_row("arguments" if number == 0 else "", line)
    for cost in shown.costs:
        rows.add_row("takes", cost_line(cost))
    for number, reason in enumerate(shown.reasons):
        rows.add_row("because" if number == 0 else "and", _reason(reason, in_full=number == 0))
    stages = " then ".join(f"{stage.quorum} x {stage.role}" for stage in shown.requirement.stages)
    never = f"; never the {' or the '.join(_excluded(shown))}" if shown.requirement.excluded else ""
    rows.add_row("who", f"{stages}{never}")
    rows.add_row("expires", f"{moment(shown.expire_time)}, and then nothing is done")
    rows.add_row("so far", _so_far(shown))
    rows.add_row("on yes", on_yes_line(shown))
    rows.add_row("on no", on_no_line(shown.on_no))
    rows.add_row("decision", shown.decision_id)
    rows.add_row("trace", shown.trace_id)
    digests = {"revision": shown.revision, "shown": shown.presented_digest}
    title = Text(f"⏸ waits for a person: {act.customer.number} {act.customer.name}", style="bold yellow")
    return _panel(rows, digests, title, "yellow", width)


def _in_short(value: str) -> str:
    """Return the beginning of what would fill the card, and how much more there is."""
    if len(value) <= _SHOWN:
        return value
    return f"{' '.join(value[:_SHOWN].split())} … ({len(value)} characters)"


def _so_far(shown: wire.Approval) -> Text:
    """Return which steps came to what before the question was put."""
    groups: dict[str, list[str]] = {}
    for one in shown.so_far:
        groups.setdefault(word(StepState, one.state, "STEP_STATE"), []).append(one.step)
    lines = [Text.assemble(coloured(state), f": {', '.join(steps)}") for state, steps in groups.items()]
    return Text("\n").join(lines) if lines else Text("nothing")


def denied_card(act: Act, moment: Moment, width: int = WIDTH) -> Panel:
    """Return why an action was denied, and what the process did instead, on ``width`` columns or less."""
    rows = _rows()
    reason = moment.reason or Reason()
    rows.add_row("action", _action(act, moment.step))
    rows.add_row("reason", Text(reason.message, style="bold red"))
    rows.add_row("code", reason.code)
    rows.add_row("control", Text(reason.control, style="bold"))
    rows.add_row("rule", reason.rule)
    rows.add_row("scope", reason.scope)
    rows.add_row("decision", moment.decision_id)
    rows.add_row("trace", moment.trace_id)
    rows.add_row("instead", instead(act, moment.step))
    title = Text(f"✗ denied, and not done: {act.customer.number} {act.customer.name}", style="bold red")
    return _panel(rows, {"revision": moment.revision}, title, "red", width)


def instead(act: Act, step_id: str) -> str:
    """Return what the process did in place of a step that was denied."""
    other = next((step.alternative for step in act.run.plan.steps if step.id == step_id), "")
    if not other:
        return "nothing"
    done = act.step(other)
    output = done.output.struct_value
    facts = from_struct(output) if done.HasField("output") else {}
    task = f": {facts['task_id']} for {facts['assignee']}, due {facts['due_on']}" if "task_id" in facts else ""
    return f"{other}{task} (a person writes instead)"


def _action(act: Act, step_id: str, effect: str = "") -> Text:
    step = act.step(step_id)
    what = f" ({effect})" if effect else ""
    whose = f", step {step_id}, by the agent {step.agent} for {act.run.principal}"
    return Text.assemble((step.action, "bold"), what, whose)


def _excluded(shown: wire.Approval) -> list[str]:
    names = (type(shown.requirement).Excluded.Name(one) for one in shown.requirement.excluded)
    return [name.removeprefix("EXCLUDED_").lower().replace("_", " ") for name in names]


def _reason(reason: Reason, *, in_full: bool) -> Text:
    found = "  ".join(part for part in (reason.code, reason.control, reason.scope) if part)
    if not in_full:
        return Text(found)
    return Text.assemble((reason.message, "bold"), f"\n{found}", (f"\n{reason.rule}" if reason.rule else "", "italic"))


def _rows() -> Table:
    rows = Table.grid(padding=(0, 2))
    rows.add_column(style="dim", no_wrap=True, min_width=9)
    rows.add_column(overflow="fold")
    return rows


def _panel(rows: Table, digests: Mapping[str, str], title: Text, style: str, width: int) -> Panel:
    """Return the card; a digest that has no room beside its name stands below it, whole, so that it can be copied."""
    content: RenderableType = rows
    if max(map(len, digests.values())) > min(width, WIDTH) - _AROUND:
        below = (Text.assemble((name, "dim"), "\n  ", digest) for name, digest in digests.items())
        content = Group(rows, *below)
    else:
        for name, digest in digests.items():
            rows.add_row(name, digest)
    return Panel(content, title=title, title_align="left", border_style=style, box=box.ROUNDED, width=WIDTH)
