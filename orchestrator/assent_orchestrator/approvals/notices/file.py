"""The file ``notices.yaml`` of a server: who is told about approvals, by which mail server and which webhooks."""

import base64
import binascii
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import Field, StringConstraints, model_validator

from assent_orchestrator.approvals.notices.notice import Event
from assent_sidecar.bundle.explanation import read_document
from assent_sidecar.bundle.source import SourceError
from assent_sidecar.loopback import is_loopback, is_sheltered
from assent_sidecar.model import Document, Name
from assent_sidecar.rights import open_to_others

MailAddress = Annotated[
    str,
    StringConstraints(pattern=r"^[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]+@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*$", max_length=254),
]
Some = Annotated[str, Field(min_length=1, max_length=2048)]

_PREFIX = "whsec_"
_SECRET_BYTES = range(24, 65)  # as Standard Webhooks wants them


class NoticesFileError(Exception):
    """The file cannot be used; the message says where and why, never what a secret is."""


class Smtp(Document):
    """A mail server. ``none`` as security is for one on this machine only; ``password_file`` is read by us alone."""

    host: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9.:-]+$", max_length=253)]
    port: Annotated[int, Field(ge=1, le=65535)]
    security: Literal["starttls", "tls", "none"] = "starttls"
    sender: Annotated[MailAddress, Field(alias="from")]
    user: Some | None = None
    password_file: Some | None = None

    @model_validator(mode="after")
    def _nothing_in_the_clear(self) -> "Smtp":
        if self.security == "none" and not is_loopback(self.host):
            raise ValueError("without TLS, mail goes to this machine only; use starttls or tls")
        if (self.user is None) != (self.password_file is None):
            raise ValueError("user and password_file belong together; give both or none")
        return self


class Recipients(Document):
    """Who gets mail when somebody with a role is asked, or need not answer any more."""

    tenant: Name = "local"
    role: Name
    to: Annotated[tuple[MailAddress, ...], Field(min_length=1, max_length=64)]


class Hook(Document):
    """A program that is told over HTTPS: of these events, or of all. ``secret_file`` has the secret of signatures."""

    name: Name
    tenant: Name = "local"
    url: Some
    secret_file: Some
    events: tuple[Event, ...] = ()

    @model_validator(mode="after")
    def _goes_safely(self) -> "Hook":
        place = urlsplit(self.url)
        if not is_sheltered(place) or not place.hostname or not self.url.isprintable() or " " in self.url:
            raise ValueError("webhooks go to an https URL; http is for this machine only")
        if place.username is not None or place.password is not None:
            raise ValueError("a URL with a password in it would stand in logs; the signature proves who sends")
        return self


class NoticesFile(Document):
    """The whole file."""

    smtp: Smtp | None = None
    mail: tuple[Recipients, ...] = ()
    webhooks: Annotated[tuple[Hook, ...], Field(max_length=32)] = ()

    @model_validator(mode="after")
    def _makes_sense(self) -> "NoticesFile":
        if self.mail and self.smtp is None:
            raise ValueError("mail needs smtp")
        if len({one.name for one in self.webhooks}) < len(self.webhooks):
            raise ValueError("two webhooks have one name")
        if len({(one.tenant, one.role) for one in self.mail}) < len(self.mail):
            raise ValueError("a role is there twice")
        return self


@dataclass(frozen=True, slots=True)
class Notices:
    """The file with the secrets that it names; these are never shown."""

    file: NoticesFile
    password: str | None = field(default=None, repr=False)
    secrets: Mapping[str, bytes] = field(default_factory=dict, repr=False)

    def addresses(self, tenant: str, roles: Sequence[str]) -> tuple[str, ...]:
        """Return who gets mail for roles of a tenant, each address once."""
        told = (one.to for one in self.file.mail if one.tenant == tenant and one.role in roles)
        return tuple(dict.fromkeys(address for to in told for address in to))

    def hooks(self, tenant: str, event: str) -> tuple[str, ...]:
        """Return the names of the webhooks that want to hear of an event in a tenant."""
        ours = (one for one in self.file.webhooks if one.tenant == tenant)
        return tuple(one.name for one in ours if not one.events or event in one.events)


def read_notices(path: Path) -> Notices:
    """Read the file and the secrets that it names, from its folder.

    Raises:
        NoticesFileError: it cannot be used; the message names all that is wrong with its line, or the file of a secret.
    """
    try:
        file = read_document(path, NoticesFile)
    except SourceError as error:
        raise NoticesFileError(f"{path} is no file of notices: {error}") from error
    password = None
    if file.smtp is not None and file.smtp.password_file is not None:
        password = _secret(path.parent / file.smtp.password_file)
    secrets = {hook.name: _signing_secret(path.parent / hook.secret_file) for hook in file.webhooks}
    return Notices(file, password, secrets)


def _secret(path: Path) -> str:
    try:
        with path.open(encoding="utf-8") as file:
            if open_to_others(file):
                raise NoticesFileError(f"{path} can be read by others; run: chmod 600 {path}")
            secret = file.read(4096).strip()
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
        raise NoticesFileError(f"{path} cannot be read: {why}") from error
    if not secret:
        raise NoticesFileError(f"{path} is empty")
    return secret


def _signing_secret(path: Path) -> bytes:
    try:
        secret = base64.b64decode(_secret(path).removeprefix(_PREFIX), validate=True)
    except binascii.Error:
        secret = b""
    if len(secret) not in _SECRET_BYTES:
        raise NoticesFileError(f"{path} holds no secret of Standard Webhooks: {_PREFIX} and 24 to 64 bytes in base64")
    return secret
