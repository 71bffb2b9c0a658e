"""The table of steps: a row a step, a column a customer, changed while things happen."""

from dataclasses import dataclass

from rich import box
from rich.console import Console, Group
from rich.live import Live
from rich.table import Table
from rich.text import Text

from assent.v1 import runs_pb2 as wire
from assent_orchestrator.cli.demo.card import WIDTH
from assent_orchestrator.cli.demo.performance import Act
from assent_orchestrator.cli.demo.state import run_look, step_look
from assent_orchestrator.cli.demo.story import Customer

_WIDE = 136
"""Columns of a terminal from which on the table has room for the actions, too."""
_TOLD = frozenset({wire.STEP_STATE_AWAITING_APPROVAL, wire.STEP_STATE_DENIED, wire.STEP_STATE_FAILED})


@dataclass(slots=True)
class Cell:
    """Where one step of one customer stands."""

    state: wire.StepState.ValueType = wire.STEP_STATE_PENDING
    reason: str = ""
    approved: bool = False
    branch: str = ""

    def text(self) -> Text:
        """Return it as it is shown."""
        look = step_look(self.state)
        if self.state in _TOLD and self.reason:
            return Text(f"{look.shape} {self.reason}", style=look.style)
        if self.branch:
            return Text(f"{look.shape} {self.branch}", style=look.style)
        if self.approved and self.state == wire.STEP_STATE_SUCCEEDED:
            return Text(f"{look.text}, approved", style=look.style)
        return Text(look.text, style=look.style)


class Board:
    """What the table shows."""

    def __init__(self, acts: tuple[Act, ...]) -> None:
        self._customers = tuple(act.customer for act in acts)
        self._steps = tuple((step.id, step.action) for step in acts[0].run.steps)
        self._cells = {(one.key, step): Cell() for one in self._customers for step, _ in self._steps}
        self._runs = {one.key: wire.RUN_STATE_PLANNED for one in self._customers}

    def hear(self, customer: Customer, event: wire.RunEvent) -> None:
        """Take in what happened."""
        if event.run_to:
            self._runs[customer.key] = event.run_to
        cell = self._cells.get((customer.key, event.step))
        if cell is None:
            return
        if event.step_to:
            cell.state = event.step_to
        if event.reasons:
            cell.reason = event.reasons[0]
        cell.branch = event.branch or cell.branch
        cell.approved |= event.event == "approval.consumed"

    def table(self, width: int) -> Table:
        """Return the table for a terminal of ``width`` columns."""
        wide = width >= _WIDE
        table = Table(box=box.ROUNDED, border_style="dim", header_style="bold")
        table.add_column("step", no_wrap=True, min_width=14)
        if wide:
            table.add_column("action", no_wrap=True, style="dim")
        for customer in self._customers:
            table.add_column(
                f"{customer.number} {customer.short}", no_wrap=True, min_width=22 if width >= WIDTH else None
            )
        for step, action in self._steps:
            cells = (self._cells[customer.key, step].text() for customer in self._customers)
            table.add_row(step, *([action] if wide else []), *cells)
        table.add_section()
        looks = (run_look(self._runs[customer.key]) for customer in self._customers)
        ends = (Text(look.text, style=look.style) for look in looks)
        table.add_row(Text("the run", style="bold"), *([""] if wide else []), *ends)
        return table

    def live(self, console: Console) -> Live:
        """Return the table for a terminal, changing for as long as it is entered, then gone."""
        return Live(
            get_renderable=lambda: Group("", self.table(console.width)),
            console=console,
            refresh_per_second=15,
            transient=True,
        )
