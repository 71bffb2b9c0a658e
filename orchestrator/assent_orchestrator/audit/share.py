"""What one caller commits together with others: its records, and rows that depend on nothing but them."""

from collections.abc import Mapping
from dataclasses import dataclass

import sqlalchemy as sa

from assent_orchestrator.audit.record import Draft


class ClaimedError(Exception):
    """The row that was to be the only one of its key is there already; nothing of the share was written."""


class OutdatedError(Exception):
    """What the share was made under does not hold any more; nothing of the share was written."""


@dataclass(frozen=True, slots=True)
class Under:
    """What must still hold when the share is committed, or the whole share is void.

    ``query`` is SQL that returns what holds for ``%(tenant)s``, each with its ``id``; it is evaluated before anything
    is written and may take locks, which last until the commit is visible. It must find just ``seen``: ids, in order.
    """

    query: str
    seen: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Claim:
    """A row that must be the first of its key, or the whole share is void."""

    table: sa.Table
    key: tuple[str, ...]
    row: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Share:
    """Records of one tenant, rows for one table, and at most one claim: committed all together or not at all."""

    drafts: tuple[Draft, ...]
    table: sa.Table
    rows: tuple[Mapping[str, object], ...] = ()
    claim: Claim | None = None
    under: Under | None = None
