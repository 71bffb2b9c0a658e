"""The made-up company of an example: a mail server and a tool server, foreign programs that know nothing of Assent."""

import contextlib
import os
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from assent_orchestrator.cli.stage.examples import Examples
from assent_orchestrator.cli.stage.program import running


@dataclass(frozen=True, slots=True)
class Company:
    """The running company: where its tool server is, under which names, and where its e-mails arrive."""

    tool_server: str
    names: tuple[str, ...]
    mailbox: Path


@contextlib.asynccontextmanager
async def open_company(
    examples: Examples, folder: Path, permit_key: Path, environ: Mapping[str, str], faults: Sequence[str] = ()
) -> AsyncIterator[Company]:
    """Run the company in ``folder``; it does nothing without a permit signed by ``permit_key`` (a public JWK).

    ``faults`` are what is the matter with its systems, as in ``email.send=slow:2s``.

    Raises:
        Problem: one of its programs does not start.
    """
    path = os.pathsep.join(part for part in (str(examples.folder), environ.get("PYTHONPATH", "")) if part)
    theirs = {**environ, "PYTHONPATH": path}
    mailbox, logs, name = folder / "mail", folder / "logs", examples.example.company
    async with contextlib.AsyncExitStack() as stack:
        mail = await stack.enter_async_context(
            running(
                f"the {name}'s mail server",
                ("-m", "tool_server.mailbox", "--folder", str(mailbox), "--port", "0"),
                environ=theirs,
                log=logs / "mailbox.log",
            )
        )
        systems = await stack.enter_async_context(
            running(
                f"the {name}'s tool server",
                (
                    *("-m", f"{name}.server", "--folder", str(folder / name), "--port", "0"),
                    *("--smtp", mail.address, "--permit-key", str(permit_key)),
                    *(part for fault in faults for part in ("--fault", fault)),
                ),
                environ=theirs,
                log=logs / f"{name}.log",
            )
        )
        yield Company(systems.address, examples.example.tool_servers, mailbox)
