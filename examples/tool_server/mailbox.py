"""Where the e-mails of the examples end up: an SMTP server that keeps each message as a file and sends nothing on.

``python -m tool_server.mailbox --folder DIR --port 0`` prints ``listening 127.0.0.1:PORT`` and stops on SIGTERM.
"""

import argparse
import asyncio
import os
import secrets
import signal
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from aiosmtpd.smtp import SMTP, Envelope, Session

_MAX_BYTES = 1_000_000


class Mailbox:
    """Keeps what arrives: ``<when>-<random>.eml``, oldest first by name. A message taken twice is there twice."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802 - aiosmtpd's name
        """Take one message; the sender hears 250 only when it is on disk."""
        del server, session
        content = envelope.content
        if not isinstance(content, bytes):
            return "554 5.6.0 no message"
        recipients = ", ".join(envelope.rcpt_tos)
        await asyncio.to_thread(self._keep, f"X-Envelope-To: {recipients}\r\n".encode() + content)
        return "250 2.0.0 taken"

    def _keep(self, content: bytes) -> None:
        path = self._folder / f"{time.time_ns()}-{secrets.token_hex(4)}.eml"
        part = path.with_suffix(".part")
        descriptor = os.open(part, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)


async def serve(folder: Path, port: int) -> None:
    """Serve until SIGTERM or SIGINT."""
    loop = asyncio.get_running_loop()
    stopping = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopping.set)
    mailbox = Mailbox(folder)
    server = await loop.create_server(
        lambda: SMTP(mailbox, hostname="mailbox.example", enable_SMTPUTF8=True, data_size_limit=_MAX_BYTES),
        host="127.0.0.1",
        port=port,
    )
    async with server:
        print(f"listening 127.0.0.1:{server.sockets[0].getsockname()[1]}", flush=True)
        await stopping.wait()


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve; return the exit code."""
    parser = argparse.ArgumentParser(prog="tool_server.mailbox", description="The mail server of the examples.")
    parser.add_argument("--folder", type=Path, required=True, help="where the messages are kept")
    parser.add_argument("--port", type=int, default=0, help="TCP port on 127.0.0.1; 0 takes a free one")
    options = parser.parse_args(arguments)
    options.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    asyncio.run(serve(options.folder, options.port))
    return 0


if __name__ == "__main__":
    sys.exit(main())
