"""Who is calling, by the client certificate that the transport has checked."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from assent_orchestrator.caller import Authn, Caller
from assent_orchestrator.errors import UnauthenticatedError
from assent_orchestrator.server.identities.file import CertificateCaller


@dataclass(frozen=True, slots=True)
class Peer:
    """The names in the certificate of whoever is connected, of each kind by itself; none without a certificate."""

    uris: tuple[str, ...] = ()
    dns: tuple[str, ...] = ()


def peer_of(auth_context: Mapping[str, Iterable[bytes]]) -> Peer:
    """Return the peer of a gRPC call."""
    return Peer(_texts(auth_context.get("peer_uri", ())), _texts(auth_context.get("peer_dns", ())))


class Certificates:
    """Says who a certificate belongs to."""

    def __init__(self, callers: Iterable[CertificateCaller]) -> None:
        self._by_uri: dict[str, Caller] = {}
        self._by_dns: dict[str, Caller] = {}
        for one in callers:
            caller = one.caller(Authn.MTLS)
            if one.uri is not None:
                self._by_uri[one.uri] = caller
            if one.dns is not None:
                self._by_dns[one.dns] = caller

    def authenticate(self, peer: Peer) -> Caller:
        """Return the caller.

        Raises:
            UnauthenticatedError: the certificate names nobody, or several callers.
        """
        found = {
            id(caller): caller
            for names, callers in ((peer.uris, self._by_uri), (peer.dns, self._by_dns))
            for name in names
            if (caller := callers.get(name)) is not None
        }
        if len(found) != 1:
            raise UnauthenticatedError("the client certificate names no caller of this server")
        return next(iter(found.values()))


def _texts(values: Iterable[bytes]) -> tuple[str, ...]:
    return tuple(value.decode("utf-8", "replace") for value in values)
