"""What one caller commits together with others: its records, and rows that depend on nothing but them."""

from collections.abc import Mapping, Sequence
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


def rows_of(shares: Sequence[Share]) -> dict[sa.Table, list[dict[str, object]]]:
    """Return the rows of shares, by table."""
    found: dict[sa.Table, list[dict[str, object]]] = {}
    for share in shares:
        if share.rows:
            found.setdefault(share.table, []).extend(dict(row) for row in share.rows)
    return found


def rows_and_claims(shares: Sequence[Share]) -> dict[sa.Table, list[dict[str, object]]]:
    """Return the rows of shares, by table, and with them those that must be the first of their key."""
    found = rows_of(shares)
    for share in shares:
        if share.claim is not None:
            found.setdefault(share.claim.table, []).append(dict(share.claim.row))
    return found


def drafts_of(shares: Sequence[Share]) -> list[Draft]:
    """Return the records of shares, in their order."""
    return [draft for share in shares for draft in share.drafts]


def kept_of(shares: Sequence[Share], told: Sequence[Exception | None]) -> list[Share]:
    """Return the shares that nothing was ``told`` against."""
    return [share for share, why_not in zip(shares, told, strict=True) if why_not is None]
