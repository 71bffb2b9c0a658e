"""The law firm's tool server: ``python -m firm.server --folder DIR --port 0 --smtp 127.0.0.1:2525``."""

import sys
from collections.abc import Sequence
from pathlib import Path

if __package__ in {None, ""}:  # started as a file: the folder above holds the package
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from firm.billing import Billing
from firm.documents import Documents
from firm.library import Library
from firm.matters import Matters
from firm.notes import Notes
from firm.summariser import Summariser
from tool_server.fault import Fault
from tool_server.mail import Mail
from tool_server.program import in_doubt, parser, serve
from tool_server.system import System

SENDER = "notes@brandt-vale.example"


def open_systems(folder: Path, smtp: tuple[str, int], faults: Sequence[Fault] = ()) -> tuple[System, ...]:
    """Open every system's file in ``folder``, and fill those that are new with the texts of the corpus."""
    notes = Notes(folder)
    return (
        Matters(folder),
        Documents(folder),
        Library(folder),
        Summariser(folder),
        notes,
        Billing(folder),
        Mail(folder, smtp, sender=SENDER, documents=notes.document, after_handover=in_doubt(faults)),
    )


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve until SIGTERM or SIGINT; return the exit code."""
    options = parser("firm", "The demo law firm's systems.").parse_args(arguments)
    return serve("firm", options, lambda: open_systems(options.folder, options.smtp, options.fault))


if __name__ == "__main__":
    sys.exit(main())
