"""What ``assent demo --kill`` prints: one renewal, the kill in its middle, and how it went on."""

from rich.console import Console
from rich.text import Text

from assent.v1 import health_pb2, runs_pb2
from assent_orchestrator.cli.demo.kill_ending import KillEnding
from assent_orchestrator.cli.demo.page import Page
from assent_orchestrator.cli.demo.performance import Act
from assent_orchestrator.cli.demo.state import step_look
from assent_orchestrator.cli.demo.story import PROCESS

_SHOWN = {
    "action.intended": "the intent is committed, now the tool is called",
    "action.unknown": "the answer was lost: nobody knows yet whether it was done",
    "action.succeeded": "done",
    "action.failed": "it had no effect",
    "step.skipped": "not taken",
}
_RECOVERED = "the gateway was asked under the same key: it has sent it; not again"


class KillPage(Page):
    """Prints the parts of it on one console."""

    def __init__(self, console: Console) -> None:
        super().__init__(console)
        self._unknown: set[str] = set()

    def begun(self, health: health_pb2.Health, seconds: float, act: Act) -> None:
        """Say what runs, and what is submitted."""
        self.running(health, seconds)
        self.heading(f"One plan of the process {PROCESS}")
        told = f"{act.customer.key}  {act.customer.name}: today the mail gateway takes three seconds"
        self._line(Text(told, style="bold"))
        self._line(Text(f"run {act.run.name.rpartition('/')[2]}", style="dim"))

    def event(self, act: Act, event: runs_pb2.RunEvent) -> None:
        """Print one thing that happens, if it is one that a reader wants to see."""
        told = _SHOWN.get(event.event)
        if told is None and not (event.run_to and event.event.startswith("run.")):
            return
        at = (event.time.ToNanoseconds() - act.run.create_time.ToNanoseconds()) / 1e9
        style = step_look(event.step_to).style if event.step_to else ""
        if event.event == "action.unknown":
            self._unknown.add(event.step)
            style = "bold yellow"
        if event.event == "action.succeeded" and event.step in self._unknown:
            told, style = _RECOVERED, "bold green"
        what = told or f"the run: {runs_pb2.RunState.Name(event.run_to).removeprefix('RUN_STATE_').lower()}"
        self._line(Text.assemble((f"{max(at, 0.0):+6.2f} s  ", "dim"), f"{event.step:<15} ", (what, style)))

    def killed(self, pid: int, step: str, letters: int) -> None:
        """Say what was killed, and what is known at this moment."""
        self.heading("The mail gateway has the call, and has not answered")
        self._line(Text(f"✗ kill -9 {pid}: the server is gone, in the middle of the step {step}", style="bold red"))
        self._line(Text(f"  e-mails that arrived so far: {letters}"))
        self._line(Text("  PostgreSQL has the intent and no outcome. Was it sent? Nobody can say from here."))

    def again(self, seconds: float) -> None:
        """Say that the server is back."""
        self.heading("The same server is started again, and nobody tells it anything")
        self._line(Text.assemble(("✓ ", "bold green"), f"up in {seconds:.1f} s; what it knows is what PostgreSQL has"))

    def evidence(self, ending: KillEnding) -> None:
        """Print what the company's own books say, beside what the run says."""
        self.heading("What the company's own books have")
        for step, key in ending.intents.items():
            action, times = ending.act.step(step).action, ending.times(step)
            line = f"{step:<15} {action:<22} {times} time{'s' if times != 1 else ' '}  under the key {key[:12]}…"
            self.promise(line, kept=times == 1)
        for letter in ending.letters:
            self.promise(f"{'the mailbox':<15} {letter.to}: {letter.subject}", kept=len(ending.letters) == 1)

    def end(self, ending: KillEnding, seconds: float) -> None:
        """Print the proof of the trail, and whether every promise was kept."""
        self.proof(ending.verification)
        self.heading("In short")
        for check in ending.checks:
            self.promise(check.promise, kept=check.kept)
        word = "as it should" if ending.good else "NOT as it should"
        self._line(Text(f"The renewal ended {word}; {seconds:.1f} s in all.", style="bold"))
