"""E-mail: sent through a real SMTP server, at most once a key."""

import hashlib
import smtplib
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import UTC, datetime
from email.message import EmailMessage
from email.utils import format_datetime
from pathlib import Path

from tool_server import ledger
from tool_server.arguments import Arguments
from tool_server.database import Database
from tool_server.errors import CallError
from tool_server.system import Operation, Result

_SECONDS = 10.0
"""How long the SMTP server may take for one answer."""

_DOCX = "vnd.openxmlformats-officedocument.wordprocessingml.document"
Documents = Callable[[str, str], tuple[str, bytes]]
"""Returns the file name and the content of a document (a DOCX), by its id and its SHA-256 in hex; CallError if it is
not there, or another one by now."""


class Mail:
    """The mail gateway.

    SMTP knows no idempotency key, so the file holds an intent before the message leaves and the result after it was
    taken. Whoever dies in between leaves the intent: nobody can say then whether the message left, and no second one is
    sent under that key.
    """

    name = "email"

    def __init__(
        self,
        folder: Path,
        smtp: tuple[str, int],
        *,
        sender: str,
        documents: Documents | None = None,
        after_handover: Callable[[], None] = lambda: None,
    ) -> None:
        """Send through ``smtp`` (host, port) from the address ``sender``.

        With ``documents`` a message may have one attached. ``after_handover`` runs when the message left and nothing is
        noted.
        """
        self.database = Database(folder / "email.sqlite3", ledger.SCHEMA, lambda _tx: None)
        self._smtp, self._sender, self._documents = smtp, sender, documents
        self._after_handover = after_handover

    @property
    def operations(self) -> Mapping[str, Operation]:
        """What the gateway does."""
        return {"send": Operation("Send an e-mail", "irreversible", self._send)}

    def _send(self, args: Arguments, key: str) -> Result:
        message = self._message(args, key)
        with self.database.write() as tx:
            earlier = ledger.replay(tx, key, "send", args.values)
            if earlier is not None:
                return earlier
            ledger.intend(tx, key, "send", args.values)
        try:
            self._hand_over(message)
        except CallError as error:
            if error.effect == "none":
                with self.database.write() as tx:
                    ledger.withdraw(tx, key)
            raise
        self._after_handover()
        result = {"message_id": message["Message-ID"], "accepted": True}
        with self.database.write() as tx:
            ledger.settle(tx, key, result)
        return result

    def _hand_over(self, message: EmailMessage) -> None:
        try:
            session = smtplib.SMTP(*self._smtp, timeout=_SECONDS)
            session.ehlo_or_helo_if_needed()
        except (OSError, smtplib.SMTPException) as error:
            raise CallError("SMTP_UNAVAILABLE", "the mail server cannot be reached", retryable=True) from error
        try:
            session.send_message(message)
        except (smtplib.SMTPRecipientsRefused, smtplib.SMTPSenderRefused, smtplib.SMTPDataError) as error:
            # The server answered with a refusal: the message was certainly not taken.
            raise CallError("SMTP_REFUSED", "the mail server refused the message") from error
        except (OSError, smtplib.SMTPException) as error:
            raise CallError("SMTP_LOST", "the mail server did not answer", effect="unknown") from error
        finally:
            # The message was taken or not; how the goodbye goes changes nothing about that.
            with suppress(OSError, smtplib.SMTPException):
                session.quit()
            session.close()

    def _message(self, args: Arguments, key: str) -> EmailMessage:
        message = EmailMessage()
        try:
            message["From"] = self._sender
            message["To"] = args.text("to")
            message["Subject"] = args.text("subject")
        except ValueError as error:  # a line break would start a header of the caller's own
            raise CallError("INVALID_ARGUMENTS", "an e-mail header holds what it may not hold") from error
        if len(message["To"].addresses) != 1:
            raise CallError("INVALID_ARGUMENTS", "an e-mail goes to exactly one address")
        message["Date"] = format_datetime(datetime.now(UTC))
        domain = self._sender.rpartition("@")[2]
        message["Message-ID"] = f"<{hashlib.sha256(key.encode()).hexdigest()[:32]}@{domain}>"
        message.set_content(args.text("body"))
        if "attachment" in args.values:
            self._attach(message, args.inner("attachment"))
        return message

    def _attach(self, message: EmailMessage, attachment: Arguments) -> None:
        if self._documents is None:
            raise CallError("INVALID_ARGUMENTS", "nothing can be attached here")
        name, content = self._documents(attachment.text("document"), attachment.text("sha256"))
        message.add_attachment(content, maintype="application", subtype=_DOCX, filename=name)
