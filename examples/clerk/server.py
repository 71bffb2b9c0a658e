"""The clerk, or its archive: ``python -m clerk.server archive --folder DIR``.

The clerk needs to know where Assent and the archive are, and reads its token from the environment (``CLERK_TOKEN``).
"""

import os
import sys
from collections.abc import Sequence
from pathlib import Path

if __package__ in {None, ""}:  # started as a file: the folder above holds the package
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from clerk.archive import Archive
from clerk.clerk import Clerk
from clerk.desk import Desk
from tool_server.program import parser, serve


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve until SIGTERM or SIGINT; return the exit code."""
    made = parser("clerk", "A clerk that is a service of its own, and its archive.", mails=False)
    made.add_argument("what", choices=("archive", "clerk"))
    made.add_argument("--assent", metavar="HOST:PORT", help="where Assent takes calls")
    made.add_argument("--archive", metavar="HOST:PORT", help="where the archive takes calls")
    options = made.parse_args(arguments)
    if options.what == "archive":
        return serve("archive", options, lambda: (Archive(options.folder),))
    if not options.assent or not options.archive:
        made.error("the clerk needs --assent and --archive")
    desk = Desk(options.assent, os.environ["CLERK_TOKEN"])
    return serve("clerk", options, lambda: (Clerk(options.folder, desk, options.archive),))


if __name__ == "__main__":
    sys.exit(main())
