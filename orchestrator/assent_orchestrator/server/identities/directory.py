"""Everybody a server knows: callers of its token file, of issuers of JWTs, and with client certificates."""

import contextlib
from collections.abc import AsyncIterator
from pathlib import Path

from assent_orchestrator.caller import Caller
from assent_orchestrator.errors import UnauthenticatedError
from assent_orchestrator.server.identities.assertion import caller_of, issuer_and_key
from assent_orchestrator.server.identities.certificate import Certificates, Peer
from assent_orchestrator.server.identities.file import IdentitiesFile
from assent_orchestrator.server.identities.keys import KeySet, fetch_from
from assent_orchestrator.server.tokens import TokenDirectory

_LONGEST = 8192
"""Characters that a bearer token has at most."""


class Directory:
    """Says who is calling. One id is one person, whichever way they come."""

    def __init__(self, tokens: TokenDirectory, file: IdentitiesFile, folder: Path) -> None:
        self._tokens = tokens
        self._issuers = {one.issuer: one for one in file.jwt}
        self._keys = {one.issuer: KeySet(one.issuer, fetch_from(one.keys, folder), one.keys) for one in file.jwt}
        certificates = file.client_certificates
        self._certificates = None if certificates is None else Certificates(certificates.callers)

    def authenticate(self, token: str) -> Caller:
        """Return whose a bearer token is.

        Raises:
            UnauthenticatedError: it is nobody's, or not good any more.
        """
        if not self._issuers or token.count(".") != 2 or len(token) > _LONGEST or not token.isascii():
            return self._tokens.authenticate(token)
        name, key_id = issuer_and_key(token)
        issuer = self._issuers.get(name)
        key = self._keys[name].find(key_id) if issuer is not None else None
        if issuer is None or key is None:
            raise UnauthenticatedError("the bearer token is not known here")
        return caller_of(token, issuer, key)

    def recognise(self, peer: Peer) -> Caller:
        """Return who has a client certificate.

        Raises:
            UnauthenticatedError: nobody who is known, or certificates say nothing here.
        """
        if self._certificates is None:
            return self._tokens.recognise(peer)
        return self._certificates.authenticate(peer)

    @contextlib.asynccontextmanager
    async def followed(self) -> AsyncIterator[None]:
        """Keep the keys of issuers up to date for as long as the block lasts."""
        async with contextlib.AsyncExitStack() as stack:
            for keys in self._keys.values():
                await stack.enter_async_context(keys.followed())
            yield
