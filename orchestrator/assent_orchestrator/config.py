"""What a server is told when it starts: where things are. What may happen is never said here, only in the bundle."""

import re
import socket
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import platformdirs

from assent_sidecar.admission import AT_ONCE, WAITING

DEFAULT_LISTEN = "127.0.0.1:7433"

EXECUTOR_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,62}")
"""What an executor may be called: the name stands in the durable engine's rows."""


TENANT_NAME = re.compile(r"[a-z][a-z0-9_-]{0,62}")
"""What a tenant may be called that has policies of its own."""

BUNDLE_TOKEN = "ASSENT_BUNDLE_TOKEN"  # noqa: S105 - the name of a variable, not a secret
"""Sent to the URL of ``--bundle``; with the name of a tenant behind it, to that of the tenant's."""

_ALONE = "local"

HOME = "local"
"""The tenant of the server itself: of callers that name none, and of what a server does by itself.

Where tenants have policies of their own, those of the organisation are this one's.
"""


@dataclass(frozen=True, slots=True)
class TenantSettings:
    """Where one tenant's policies come from: a folder, or the file or URL of a bundle; keys and limits of its own.

    ``bundle_keys`` sign this tenant's bundles and nobody else's.
    """

    place: str
    bundle_keys: tuple[str, ...] = ()
    decisions_at_once: int | None = None
    decisions_waiting: int | None = None
    runs: int | None = None


@dataclass(frozen=True, slots=True)
class Settings:
    """The settings of one server; times are in seconds.

    ``workspace`` is the folder the bundle is built from, unless ``bundle`` names the file or URL of one that was built
    and signed elsewhere, by one of ``bundle_keys``, which count for every tenant. ``data`` keeps the embedded database,
    the token file and the signing key (0700). ``database_url`` names a PostgreSQL of the user's own instead.
    ``tool_servers`` maps the names that systems use to addresses. ``executor`` must be the same over restarts and
    unique among live servers.
    ``keep_finished`` is after how long a finished run is forgotten, but for its records; None for never.
    ``identities`` is the file that says whose JWTs and client certificates are believed.
    ``notices`` is the file that says who is told about approvals; None for nobody.
    ``memory_keys`` are the files of the master keys of memory: the one that wraps, and others that open while it is
    replaced. Without any it is ``memory-key`` in ``data``, which is made when it is not there.
    ``http`` is where AuthZEN is spoken, None for nowhere.
    A decision takes ``decision_budget`` seconds at most, or what the caller's deadline leaves, but never more than
    ``longest_decision``. Of the decisions, ``decisions_at_once`` are before the engine and ``decisions_waiting`` wait;
    the next one is refused. One tenant has ``runs_per_tenant`` runs at work at most; the next plan is refused.
    ``watch`` takes in every change of the workspace; ``max_staleness`` is how long nobody may have confirmed the
    policies before nothing is decided by them; ``rollback`` names a kept revision to go back to. What passed its
    rehearsal comes into force by itself (``automatic_activation``) or waits for a person; with ``two_persons`` it
    waits for another one than its author.
    ``tenants`` have policies of their own, under those that ``workspace`` or ``bundle`` name: then these are the
    organisation's, and nobody else is served. Without any, the policies are the same for everybody.
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
    identities: Path | None = None
    notices: Path | None = None
    memory_keys: tuple[Path, ...] = ()
    executor: str = _ALONE
    keep_finished: float | None = None
    bundle: str | None = None
    bundle_keys: tuple[str, ...] = ()
    allow_unsigned: bool = False
    watch: bool = False
    max_staleness: float | None = None
    rollback: str | None = None
    automatic_activation: bool = True
    two_persons: bool = False
    decision_budget: float = 2.0
    longest_decision: float = 10.0
    decisions_at_once: int = AT_ONCE
    decisions_waiting: int = WAITING
    runs_per_tenant: int = 2000
    tenants: Mapping[str, TenantSettings] = field(default_factory=dict)

    @property
    def tokens(self) -> Path:
        """The token file in use."""
        return self.token_file or self.data / "tokens.json"


def is_url(place: str) -> bool:
    """Say whether policies are fetched from a place; else it is a folder, or a file."""
    return place.startswith(("http://", "https://"))


def token_variable(tenant: str) -> str:
    """Return the variable with the token that is sent to the URL of a tenant's bundle."""
    return f"{BUNDLE_TOKEN}_{tenant.upper().replace('-', '_')}"


def runs_of(settings: Settings) -> dict[str, int]:
    """Return how many runs may be at work of the tenants that have a limit of their own."""
    return {name: one.runs for name, one in settings.tenants.items() if one.runs is not None}


def default_executor(*, shared: bool) -> str:
    """Return what a server is called that was given no name: by its machine where the database may be shared."""
    if not shared:
        return _ALONE
    name = re.sub(r"[^a-z0-9_-]+", "-", socket.gethostname().lower()).strip("-_")[:63]
    return name or _ALONE


def default_data() -> Path:
    """Return where a server of this user keeps its data."""
    return Path(platformdirs.user_state_dir("assent", appauthor=False))
