"""The local default for identities: a file of bearer tokens with 0600 rights, for loopback only."""

import hashlib
import secrets
from pathlib import Path
from typing import Annotated, Self

from pydantic import Field, ValidationError, model_validator

from assent_orchestrator.caller import OF_PEOPLE, Authn, Caller, Role
from assent_orchestrator.errors import UnauthenticatedError
from assent_orchestrator.secret import put_new
from assent_sidecar.misfit import misfits
from assent_sidecar.model import Document, Name
from assent_sidecar.rights import open_to_others

_TOKEN_LENGTH = 43
"""Characters that a token has at least: 256 bits in base64url."""

Identity = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._@-]{0,127}$")]


class TokenFileError(Exception):
    """The token file cannot be used; the message says why and what to do, and holds no token."""


class Person(Document):
    """Somebody a caller may act for."""

    id: Identity
    roles: tuple[str, ...] = ()


class Known(Document):
    """Who a caller is that a file names. ``agent`` is the one of the catalogue that it is; without, it is none."""

    id: Identity
    tenant: Name = "local"
    agent: Name | None = None
    roles: tuple[str, ...] = ()
    acts_for: tuple[Person, ...] = ()

    @model_validator(mode="after")
    def _no_overseer(self) -> Self:
        wrong = sorted(OF_PEOPLE.intersection(self.roles))
        if self.agent is not None and wrong:
            raise ValueError(f"an agent has none of the roles of people: {', '.join(wrong)}")
        return self

    def caller(self, authn: Authn) -> Caller:
        """Return the caller, who came in this way."""
        return Caller(
            id=self.id,
            tenant=self.tenant,
            roles=frozenset(self.roles),
            acts_for=tuple((person.id, frozenset(person.roles)) for person in self.acts_for),
            authn=authn,
            agent=self.agent or "",
        )


class TokenEntry(Known):
    """One caller and its token (43 characters of base64url, 256 bits)."""

    token: Annotated[str, Field(min_length=_TOKEN_LENGTH, max_length=256, repr=False)]


class TokenFile(Document):
    """The whole file."""

    callers: Annotated[tuple[TokenEntry, ...], Field(min_length=1)]

    def token_of(self, caller_id: str) -> str | None:
        """Return the token of a caller, or None."""
        return next((entry.token for entry in self.callers if entry.id == caller_id), None)


def new_entry(caller_id: str, roles: tuple[str, ...], *, tenant: str = "local") -> TokenEntry:
    """Return an entry with a fresh random token."""
    return TokenEntry(id=caller_id, tenant=tenant, roles=roles, token=secrets.token_urlsafe(32))


def write_tokens(path: Path, entries: tuple[TokenEntry, ...]) -> TokenFile:
    """Create the file with 0600 rights.

    Raises:
        FileExistsError: it is there already; tokens are never overwritten.
    """
    content = TokenFile(callers=entries)
    put_new(path, (content.model_dump_json(indent=2, exclude_none=True) + "\n").encode())
    return content


def read_tokens(path: Path) -> TokenFile:
    """Read the file.

    Raises:
        TokenFileError: it is missing, readable by others, or not a token file.
    """
    try:
        with path.open(encoding="utf-8") as file:
            if open_to_others(file):
                raise TokenFileError(f"{path} can be read by others; run: chmod 600 {path}")
            return TokenFile.model_validate_json(file.read(1 << 20))
    except FileNotFoundError as error:
        raise TokenFileError(f"{path} is missing; start the server once, it makes one") from error
    except ValidationError as error:
        raise TokenFileError(f"{path} is not a token file: {_fault(error)}") from error
    except UnicodeDecodeError as error:
        raise TokenFileError(f"{path} is not a token file: it is not UTF-8") from error


def _fault(error: ValidationError) -> str:
    """Return the first fault with its place, as in ``callers.1.token: …``, and never what stands there."""
    first = misfits(error)[0]
    # A key that is not known is a part of the place; one as long as a token could be a token.
    place = ".".join(str(part) if len(str(part)) < _TOKEN_LENGTH else "..." for part in first.place)
    return f"{place}: {first.text}" if place else first.text


def default_entries() -> tuple[TokenEntry, ...]:
    """Return the one caller of a fresh installation: whoever owns the file."""
    return (new_entry("local-operator", tuple(Role)),)


def almighty(file: TokenFile) -> tuple[str, ...]:
    """Return the ids of the callers who have every role: what one person does as them, nobody else looks at."""
    return tuple(entry.id for entry in file.callers if set(Role) <= set(entry.roles))


class TokenDirectory:
    """Says who a bearer token belongs to. Tokens are kept as digests only."""

    def __init__(self, file: TokenFile) -> None:
        self._callers = {_fingerprint(entry.token): entry.caller(Authn.TOKEN) for entry in file.callers}

    def authenticate(self, token: str) -> Caller:
        """Return the caller.

        Raises:
            UnauthenticatedError: the token is nobody's.
        """
        caller = self._callers.get(_fingerprint(token))
        if caller is None:
            raise UnauthenticatedError("the bearer token is not known here")
        return caller

    def recognise(self, _peer: object) -> Caller:
        """Recognise nobody: who has a token here sends it.

        Raises:
            UnauthenticatedError: always.
        """
        raise UnauthenticatedError("send exactly one header 'authorization: Bearer <token>'")


def _fingerprint(token: str) -> bytes:
    # Looking up a digest takes the same time for a near miss as for a wild guess.
    # Bytes that are no text came through HTTP as half characters.
    return hashlib.sha256(token.encode(errors="surrogatepass")).digest()
