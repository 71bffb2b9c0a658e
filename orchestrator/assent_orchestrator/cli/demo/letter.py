"""The e-mails that really arrived: read from the folder of the company's mail server."""

import email
import email.policy
from dataclasses import dataclass
from email.message import EmailMessage
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Letter:
    """One e-mail as it arrived."""

    to: str
    subject: str
    body: str


def read_letters(mailbox: Path) -> tuple[Letter, ...]:
    """Return what arrived, oldest first."""
    return tuple(_read(path) for path in sorted(mailbox.glob("*.eml")))


def _read(path: Path) -> Letter:
    message = email.message_from_bytes(path.read_bytes(), _class=EmailMessage, policy=email.policy.default)
    text = message.get_body(("plain",))  # beside what is attached
    body = str(text.get_content()) if text is not None else ""
    return Letter(str(message["X-Envelope-To"]), str(message["Subject"]), body)
