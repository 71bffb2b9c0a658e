"""The database is away: what callers are told, and whether an error says so, or that what was asked of it is wrong."""

import psycopg
from sqlalchemy.exc import DBAPIError, DisconnectionError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as NoConnectionError

from assent_orchestrator.errors import UnavailableError

_PASSING = ("08", "25006", "53", "57", "58")
"""Beginnings of SQLSTATEs that speak of the database, not of what was asked: read-only, no room, cancelled, I/O."""


class DatabaseUnavailableError(UnavailableError):
    """The database cannot be had, or must not be used; the message says what to do."""

    code = "DATABASE_UNAVAILABLE"


def is_away(error: BaseException) -> bool:
    """Say whether trying again later may help, though nothing is asked otherwise.

    What breaks a constraint, is no SQL or finds no row where there must be one does so the next time, too.
    """
    if isinstance(error, DBAPIError):
        unheard = error.connection_invalidated or isinstance(error, (OperationalError, InterfaceError))
        return unheard or _passes(error.orig)
    if isinstance(error, psycopg.Error):
        return isinstance(error, (psycopg.OperationalError, psycopg.InterfaceError)) or _passes(error)
    return isinstance(error, (NoConnectionError, DisconnectionError, OSError))


def _passes(error: BaseException | None) -> bool:
    return (getattr(error, "sqlstate", None) or "").startswith(_PASSING)
