"""Whether an error says that the database is away at the moment, or that something asked of it is wrong. Pure."""

import psycopg
from sqlalchemy.exc import DBAPIError, DisconnectionError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as NoConnectionError

_PASSING = ("08", "25006", "53", "57", "58")
"""Beginnings of SQLSTATEs that speak of the database, not of what was asked: read-only, no room, cancelled, I/O."""


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
