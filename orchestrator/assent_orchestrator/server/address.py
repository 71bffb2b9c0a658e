"""Where the server listens: on this machine without TLS, anywhere with it."""

from dataclasses import dataclass
from pathlib import Path

from assent_orchestrator.config import DEFAULT_LISTEN
from assent_sidecar.loopback import is_loopback


class ListenError(Exception):
    """The server cannot listen there; the message says why and what to do."""


@dataclass(frozen=True, slots=True)
class TlsFiles:
    """A PEM certificate chain and its PEM key; ``clients`` is the CA (PEM) of those who may connect at all, if any."""

    certificate: Path
    key: Path
    clients: Path | None = None

    def read(self) -> tuple[bytes, bytes, bytes | None]:
        """Return the key, the chain and the CA of clients, as gRPC takes them.

        Raises:
            ListenError: one of them cannot be read.
        """
        try:
            clients = self.clients.read_bytes() if self.clients is not None else None
            return self.key.read_bytes(), self.certificate.read_bytes(), clients
        except OSError as error:
            raise ListenError(f"the TLS file {error.filename} cannot be read: {error.strerror}") from error


@dataclass(frozen=True, slots=True)
class Address:
    """A host and a port; port 0 lets the system choose."""

    host: str
    port: int

    @property
    def is_loopback(self) -> bool:
        """Whether only this machine can reach it."""
        return is_loopback(self.host)

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{host}:{self.port}"


def read_address(text: str) -> Address:
    """Read ``host:port``, ``[::1]:port``.

    Raises:
        ListenError: it is something else.
    """
    host, colon, port = text.rpartition(":")
    bracketed = host.startswith("[") and host.endswith("]")
    host = host[1:-1] if bracketed else host
    if not colon or not host or (":" in host and not bracketed) or not port.isdecimal() or int(port) > 0xFFFF:
        raise ListenError(f"{text!r} is not an address; write host:port, as in {DEFAULT_LISTEN}")
    return Address(host, int(port))


def require_loopback(address: Address) -> None:
    """Pass when only this machine reaches the address.

    Raises:
        ListenError: others do; what listens there speaks without TLS.
    """
    if not address.is_loopback:
        raise ListenError(f"{address} can be reached from elsewhere; the HTTP port is for this machine only")


def require_safe(address: Address, tls: TlsFiles | None) -> None:
    """Pass when what is sent to the address cannot be read on the way.

    Raises:
        ListenError: it could be: bearer tokens would cross a network in the clear.
    """
    if tls is None and not address.is_loopback:
        raise ListenError(
            f"{address} can be reached from other machines, and bearer tokens would go there in the clear: "
            "listen on 127.0.0.1, or give --tls-cert and --tls-key"
        )
