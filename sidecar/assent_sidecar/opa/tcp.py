"""The engine's second door, for whoever asks for one: a port on this machine, with a token and an allow-list.

We ourselves go on using the socket: a port can be taken by another program while the engine is away, a socket in a
folder of ours cannot. With the door open, the same token and the same list hold on the socket, too.
"""

import hashlib
import ipaddress
import json
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from assent_sidecar.errors import EngineSettingsError

LISTEN_VARIABLE = "ASSENT_OPA_LISTEN"
TOKEN_VARIABLE = "ASSENT_OPA_TOKEN"  # noqa: S105 - the name of a variable, not a secret

POLICY = Path(__file__).with_name("authz.rego")
_FILES = ("authz.rego", "authz.json")
_TOKEN = re.compile(r"^[A-Za-z0-9._~+/-]{32,512}=*$")  # RFC 6750, and long enough not to be guessed
_LARGEST_PORT = 65535


@dataclass(frozen=True, slots=True)
class TcpDoor:
    """A port on the loopback interface and the token that opens it."""

    host: str
    port: int
    token: str = field(repr=False)

    @property
    def address(self) -> str:
        """``host:port``."""
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"

    @property
    def arguments(self) -> tuple[str, ...]:
        """What ``opa run`` is told, in the folder that ``write`` wrote to."""
        return ("--addr", self.address, "--authentication", "token", "--authorization", "basic", *_FILES)

    def write(self, folder: Path) -> None:
        """Write the policy that guards the engine, and the digest (never the token) that it compares with."""
        digest = hashlib.sha256(self.token.encode()).hexdigest()
        texts = (POLICY.read_text(encoding="utf-8"), json.dumps({"system": {"guard": {"token_sha256": digest}}}))
        for name, text in zip(_FILES, texts, strict=True):
            (folder / name).unlink(missing_ok=True)
            with open(os.open(folder / name, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:  # noqa: PTH123 - the mode is set at birth
                file.write(text)

    def remove(self, folder: Path) -> None:
        """Remove what ``write`` wrote."""
        for name in _FILES:
            (folder / name).unlink(missing_ok=True)


def read_door(environ: Mapping[str, str]) -> TcpDoor | None:
    """Return the door that ``ASSENT_OPA_LISTEN`` asks for, or None.

    Raises:
        EngineSettingsError: it is no loopback address with a port, or ``ASSENT_OPA_TOKEN`` is no good token.
    """
    listen = environ.get(LISTEN_VARIABLE, "").strip()
    if not listen:
        return None
    name, _, port = listen.rpartition(":")
    host = "127.0.0.1" if name == "localhost" else name.removeprefix("[").removesuffix("]")
    try:
        loopback = ipaddress.ip_address(host).is_loopback
    except ValueError:
        loopback = False
    if not (loopback and port.isascii() and port.isdigit() and 0 < int(port) <= _LARGEST_PORT):
        raise EngineSettingsError(
            f"{LISTEN_VARIABLE} is {listen!r}: an engine listens on this machine only, at 127.0.0.1:PORT or [::1]:PORT"
        )
    token = environ.get(TOKEN_VARIABLE, "")
    if not _TOKEN.match(token):
        raise EngineSettingsError(
            f"{LISTEN_VARIABLE} needs {TOKEN_VARIABLE}: 32 to 512 letters, digits or ._~+/- that nobody can guess"
        )
    return TcpDoor(host, int(port), token)
