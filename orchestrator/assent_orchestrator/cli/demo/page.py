"""What the demo prints: from top to bottom, for a terminal and for a pipe."""

from collections.abc import Iterator

from rich.console import Console
from rich.rule import Rule
from rich.text import Text

from assent.v1 import approvals_pb2, audit_pb2, health_pb2
from assent_orchestrator.cli.demo.board import Board
from assent_orchestrator.cli.demo.card import WIDTH, approval_card, denied_card
from assent_orchestrator.cli.demo.ending import Ending, contact
from assent_orchestrator.cli.demo.next_steps import NextStep
from assent_orchestrator.cli.demo.performance import Act
from assent_orchestrator.cli.demo.story import RENEWAL_STORY, Story
from assent_orchestrator.cli.demo.timeline import Moment, timeline
from assent_orchestrator.cli.flow import flow, indent_of

_MARKS = {
    "done": ("✓", "green"),
    "approved": ("✓", "bold green"),
    "asked": ("⏸", "bold yellow"),
    "denied": ("✗", "bold red"),
    "failed": ("✗", "bold red"),
    "unknown": ("?", "bold red"),
    "skipped": ("-", "dim"),
    "noted": ("·", "dim"),
}

_EXPLAINED = frozenset({"asked", "denied"})
_HANGING = 2
"""Columns by which a line that goes on stands further right than it began."""

_COMMENT = "# "
_BELOW = 28  # where what belongs to a moment stands below it


class Page:
    """Prints the parts of the demo on one console."""

    def __init__(self, console: Console, story: Story = RENEWAL_STORY) -> None:
        self._console, self._story = console, story

    def opening(self, health: health_pb2.Health, seconds: float) -> None:
        """Say what runs, under which policies, and what is submitted."""
        self.running(health, seconds)
        story, cast = self._story, self._story.cast
        self.heading(f"Three plans of the process {story.process}")
        self._line(Text(f"The agent runtime {cast.runtime} submits them for the {story.principal} {cast.principal}:"))
        width = max(len(one.name) for one in story.customers)
        for one in story.customers:
            self._line(Text.assemble(f"  {one.number}  {one.key}  ", (f"{one.name:<{width}}  ", "bold"), one.about))

    def running(self, health: health_pb2.Health, seconds: float) -> None:
        """Say what runs, and under which policies."""
        running = (
            f"assent serve {health.server_version}, PostgreSQL, OPA {health.engine_version}, "
            f"{self._story.company} with e-mail"
        )
        self._line(Text.assemble(("✓ ", "bold green"), f"{running}: up in {seconds:.1f} s"))
        self._line(Text.assemble(("✓ ", "bold green"), "policies in force: ", (health.revision, "cyan")), whole=True)

    def heading(self, title: str) -> None:
        """Begin a part."""
        self._console.print()
        self._console.print(Rule(Text(title, style="bold"), align="left", style="dim"), width=WIDTH)

    def _line(self, line: Text, *, whole: bool = False, indent: int | None = None) -> None:
        """Print one line with nothing behind it; what has no room goes on below, at ``indent`` or a little deeper.

        It is broken between words, so that ids and digests can be copied. A ``whole`` one is broken in terminals only.
        """
        deep = indent_of(line.plain) + _HANGING if indent is None else indent
        as_it_is = whole and not self._console.is_terminal
        for part in (line,) if as_it_is else flow(line, self._console.width, deep):
            part.rstrip()
            self._console.print(part, soft_wrap=True)

    def question(self, act: Act, shown: approvals_pb2.Approval) -> None:
        """Show the card that is seen by whoever is asked, and say who answers."""
        self._console.print()
        self._console.print(approval_card(act, shown, self._console.width))
        self._line(
            Text.assemble(
                ("→ the demo now answers as ", "bold"),
                (self._story.cast.answers, "bold cyan"),
                (", through ApprovalService.DecideApproval: yes", "bold"),
            )
        )
        self._line(Text(f'  "{self._story.rationale}"', style="italic"))
        self._line(Text(f"  Good for exactly what was shown ({shown.presented_digest[:19]}…), once."))

    def board(self, board: Board) -> None:
        """Print how every step ended."""
        self.heading("What became of every step")
        self._console.print(board.table(self._console.width))

    def denials(self, acts: tuple[Act, ...]) -> None:
        """Print a card for each action that was denied."""
        for act in acts:
            for moment in timeline(act):
                if moment.outcome == "denied" and moment.step and moment.decision_id:
                    self._console.print()
                    self._console.print(denied_card(act, moment, self._console.width))

    def letters(self, ending: Ending) -> None:
        """Print which e-mails really arrived, and whom none reached."""
        count = len(ending.letters)
        self.heading(f"{count} e-mail{'s' if count != 1 else ''} arrived at the {ending.house}'s mail server")
        width = max(len(act.customer.name) for act in ending.acts) + 2
        for act in ending.acts:
            name, letters = f"{act.customer.name:<{width}}", ending.letters_to(act)
            for letter in letters:
                self._line(_kept(f"{name}{letter.to}: {letter.subject}", kept=True))
            if not letters:
                self._line(_kept(f"{name}none to {contact(act)}", kept=False))
        for letter in ending.strays:
            self._line(_kept(f"{'somebody else':<{width}}{letter.to}: {letter.subject}", kept=False))

    def attempts(self, ending: Ending) -> None:
        """Print what an agent tried for itself, and what it was told; nothing when none did."""
        if not ending.attempts:
            return
        self.heading("And an agent that obeys the text, instead of its process")
        for attempt in ending.attempts:
            self._line(_kept(f"{attempt.what}: {attempt.answer}", kept=attempt.refused))

    def timelines(self, acts: tuple[Act, ...]) -> None:
        """Print what happened to each run and why, as the trail has it."""
        for act in acts:
            self.heading(f"{act.customer.number} {act.customer.name}, out of the trail")
            self._line(
                Text(f"run {act.run.name.rpartition('/')[2]}  trace {act.run.trace_id}", style="dim"), whole=True
            )
            for moment in timeline(act):
                for line in self._lines(moment):
                    self._line(line, whole=True, indent=_BELOW)

    def _lines(self, moment: Moment) -> Iterator[Text]:
        """Yield one line a moment and its reasons below it; in a narrow terminal, the decision goes below, too."""
        mark, style = _MARKS[moment.outcome]
        what = Text.assemble(
            (f"{moment.at:+6.2f} s  ", "dim"),
            (f"{moment.step or 'the run':<14}  ", "" if moment.step else "dim"),
            (f"{mark} {moment.what:<32}  ", style),
        )
        decided = Text.assemble(
            f"{moment.verdict:<16}  {moment.control:<6}  ",
            (moment.decision_id[:8], "dim"),
        )
        if self._console.width >= WIDTH:
            yield what + decided
        else:
            yield what
            if decided.plain.strip():
                yield Text(" " * _BELOW) + decided
        if moment.outcome in _EXPLAINED and moment.reason is not None:
            reason = moment.reason
            yield from self._below(Text(f"{reason.message} ({reason.code})", style=style))
            yield from self._below(Text(f"{reason.scope}: {reason.rule}", style="italic"))

    def _below(self, said: Text) -> Iterator[Text]:
        room = max(min(self._console.width, WIDTH) - _BELOW, _BELOW)
        return (Text(" " * _BELOW) + piece for piece in said.wrap(self._console, room))

    def ending(self, ending: Ending, seconds: float, traces: str) -> None:
        """Print the proof of the trail, and whether every promise was kept."""
        self.proof(ending.verification)
        self.heading("In short")
        for check in ending.checks:
            self.promise(check.promise, kept=check.kept)
        word = "as they should" if ending.good else "NOT as they should"
        self._line(Text(f"The three {self._story.plural} ended {word}; {seconds:.1f} s in all.", style="bold"))
        if traces:
            self._line(Text(f"The traces went to {traces}; look there for the trace ids above."))

    def proof(self, found: audit_pb2.VerifyTrailResponse) -> None:
        """Print whether the trail holds."""
        self.heading("Audit verify")
        chain = "chain intact" if found.intact else f"chain BROKEN at record {found.first_bad_seq}: {found.problem}"
        self._line(_kept(f"{found.records} records, {chain}, head {found.head_hash}", kept=found.intact), whole=True)

    def promise(self, what: str, *, kept: bool) -> None:
        """Print one promise, and whether it was kept."""
        self._line(_kept(what, kept=kept))

    def next_steps(self, steps: tuple[NextStep, ...]) -> None:
        """Print what to try while everything keeps running."""
        self.heading("Everything keeps running until Ctrl-C. What to try next")
        for step in steps:
            for piece in Text(step.purpose, style="dim").wrap(self._console, self._console.width - len(_COMMENT)):
                self._line(Text(_COMMENT, style="dim") + piece)  # each a comment, whoever copies it into a shell
            self._console.print(Text(step.command, style="bold"), soft_wrap=True)  # one line, whoever copies it


def _kept(promise: str, *, kept: bool) -> Text:
    return Text.assemble(("✓ ", "bold green") if kept else ("✗ ", "bold red"), promise)
