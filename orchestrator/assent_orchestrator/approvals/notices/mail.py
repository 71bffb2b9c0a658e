"""Notices by mail: one address a message, so that nobody sees who else is asked."""

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator
from dataclasses import dataclass
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime

import aiosmtplib

from assent_orchestrator.approvals.notices.channel import SECONDS, UndeliveredError
from assent_orchestrator.approvals.notices.file import Notices, Smtp
from assent_orchestrator.approvals.notices.notice import Notice, sentence_of

_GOODBYE_SECONDS = 2.0
_SHOWN = (("action", "action"), ("process", "process"), ("run", "run"), ("step", "step"), ("until", "until"))


def mail_of(notice: Notice, sender: str) -> EmailMessage:
    """Return the message; its Message-ID is the same however often it is sent."""
    content = {name: _one_line(value) for name, value in notice.content.items()}
    sentence = sentence_of(notice)
    mail = EmailMessage(policy=SMTP)
    mail["From"] = sender
    mail["To"] = notice.target
    mail["Subject"] = f"[assent] {sentence}: {content['action']} ({content['process']})"
    mail["Date"] = format_datetime(notice.created_at)
    mail["Message-ID"] = f"<{notice.id}@{sender.rpartition('@')[2]}>"
    mail["Auto-Submitted"] = "auto-generated"  # RFC 3834: no answers from absence assistants
    lines = [f"{sentence}.", ""]
    lines += [f"{word:<9}{content[name]}" for word, name in _SHOWN]
    if "takers" in notice.content:
        lines += [f"{'to':<9}{', '.join(_one_line(taker) for taker in notice.content['takers'])}"]
    lines += [f"{'asked':<9}{', '.join(_one_line(role) for role in notice.content['asked'])}", ""]
    if notice.content.get("redacted"):
        lines[-1:] = [f"{'without':<9}{', '.join(_one_line(place) for place in notice.content['redacted'])}", ""]
    lines += [f"Look: {content['look']}", ""]
    mail.set_content("\n".join(lines))
    return mail


@dataclass(frozen=True, slots=True)
class Mail:
    """Hands messages to one mail server, over a connection for each: notices are few."""

    notices: Notices
    smtp: Smtp

    async def send(self, notice: Notice) -> None:
        """Hand a message over.

        Raises:
            UndeliveredError: the server did not take it; finally if it refuses the address.
        """
        mail = mail_of(notice, self.smtp.sender)
        try:
            async with self._connected() as client:
                await client.send_message(mail, sender=self.smtp.sender, recipients=[notice.target])
        except aiosmtplib.SMTPRecipientsRefused as error:
            code = error.recipients[0].code
            raise UndeliveredError(f"the mail server refuses the address: {code}", final=code >= 500) from error
        except aiosmtplib.SMTPResponseException as error:
            raise UndeliveredError(f"the mail server says {error.code}") from error
        except (aiosmtplib.SMTPException, OSError) as error:
            raise UndeliveredError(f"the mail server does not take it: {type(error).__name__}") from error

    async def probe(self) -> None:
        """Connect as for a message, and send none.

        Raises:
            UndeliveredError: the mail server is not there, or does not let us in.
        """
        try:
            async with self._connected():
                pass
        except (aiosmtplib.SMTPException, OSError) as error:
            raise UndeliveredError(f"the mail server does not let us in: {type(error).__name__}") from error

    @contextlib.asynccontextmanager
    async def _connected(self) -> AsyncIterator[aiosmtplib.SMTP]:
        """Connect for as long as one try may take: the client itself has a timeout for each of its commands only."""
        client = self._client()
        try:
            async with asyncio.timeout(SECONDS):
                await client.connect()
                yield client
            # It has what we had to say; whether it says goodbye in time changes nothing.
            with contextlib.suppress(aiosmtplib.SMTPException, OSError):
                async with asyncio.timeout(_GOODBYE_SECONDS):
                    await client.quit()
        finally:
            client.close()

    def _client(self) -> aiosmtplib.SMTP:
        return aiosmtplib.SMTP(
            hostname=self.smtp.host,
            port=self.smtp.port,
            username=self.smtp.user,
            password=self.notices.password,
            use_tls=self.smtp.security == "tls",
            start_tls=self.smtp.security == "starttls",
            local_hostname=socket.gethostname(),
            timeout=SECONDS,
        )


def _one_line(value: object) -> str:
    """Return a text that cannot begin another line, or another header."""
    return "".join(one if one.isprintable() else " " for one in str(value))
