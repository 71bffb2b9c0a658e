"""The company's tool server: ``python -m company.server --folder DIR --port 0 --smtp 127.0.0.1:2525``."""

import sys
from collections.abc import Sequence
from datetime import date
from pathlib import Path

if __package__ in {None, ""}:  # started as a file: the folder above holds the package
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from company.analytics import Analytics
from company.cpq import Cpq
from company.crm import Crm
from company.erp import Erp
from company.generator import CUSTOMERS, OWN_DOMAIN, SEED, generate
from company.support import Support
from company.tasks import Tasks
from tool_server.fault import Fault
from tool_server.mail import Mail
from tool_server.program import in_doubt, parser, serve
from tool_server.system import System


def open_systems(folder: Path, smtp: tuple[str, int], today: date, faults: Sequence[Fault] = ()) -> tuple[System, ...]:
    """Open every system's file in ``folder``, and fill those that are new with the customers as of ``today``."""
    customers = tuple(generate(today, seed=SEED, count=CUSTOMERS))
    return (
        Erp(folder, customers),
        Analytics(folder, customers),
        Support(folder, customers),
        Cpq(folder),
        Crm(folder, customers),
        Mail(folder, smtp, sender=f"renewals@{OWN_DOMAIN}", after_handover=in_doubt(faults)),
        Tasks(folder),
    )


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve until SIGTERM or SIGINT; return the exit code."""
    asked = parser("company", "The demo company's systems.")
    # The office's calendar day; a test names a fixed one.
    asked.add_argument("--today", type=date.fromisoformat, default=date.today(), metavar="YYYY-MM-DD")  # noqa: DTZ011 - local on purpose
    options = asked.parse_args(arguments)
    return serve("company", options, lambda: open_systems(options.folder, options.smtp, options.today, options.fault))


if __name__ == "__main__":
    sys.exit(main())
