"""What a server is told when it starts: where things are. What may happen is never said here, only in the bundle."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import platformdirs

DEFAULT_LISTEN = "127.0.0.1:7433"


@dataclass(frozen=True, slots=True)
class Settings:
    """The settings of one server.

    ``workspace`` is the folder the bundle is built from. ``http`` is where AuthZEN is spoken, None for nowhere.
    ``data`` keeps the embedded database, the token file and the signing key (0700). ``database_url`` names a
    PostgreSQL of the user's own instead. ``tool_servers`` maps the names that systems use to addresses. ``executor``
    must be the same over restarts and unique among live servers.
    """

    workspace: Path
    data: Path
    listen: str = DEFAULT_LISTEN
    http: str | None = None
    database_url: str | None = field(default=None, repr=False)
    tool_servers: Mapping[str, str] = field(default_factory=dict)
    token_file: Path | None = None
    tls_cert: Path | None = None
    tls_key: Path | None = None
    executor: str = "local"
    decision_budget: float = 2.0

    @property
    def tokens(self) -> Path:
        """The token file in use."""
        return self.token_file or self.data / "tokens.json"


def default_data() -> Path:
    """Return where a server of this user keeps its data."""
    return Path(platformdirs.user_state_dir("assent", appauthor=False))
