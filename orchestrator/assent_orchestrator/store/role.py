"""The role that callers' transactions have: made where it is missing, and given rights to what has row-level security.

Roles belong to the whole PostgreSQL and not to a database, so that no backup has it. It is looked after at every start.
"""

import sqlalchemy as sa

from assent_orchestrator.store.absence import DatabaseUnavailableError
from assent_orchestrator.store.engine import ROLE

SHARED = ("memory_master",)
"""Tables without row-level security that callers use: what is in them is nobody's own."""

_THERE = sa.text("SELECT rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = :role").bindparams(role=ROLE)
_MEMBER = sa.text(
    "SELECT pg_has_role(current_user, :role, CASE WHEN current_setting('server_version_num')::integer >= 160000"
    " THEN 'SET' ELSE 'MEMBER' END)"
).bindparams(role=ROLE)
_UNGRANTED = sa.text("""
    SELECT quote_ident(relname) FROM pg_class WHERE relnamespace = 'assent'::regnamespace AND relkind IN ('r', 'p')
        AND (relrowsecurity OR relname = ANY (:shared)) AND NOT (
            has_table_privilege(:role, oid, 'SELECT') AND has_table_privilege(:role, oid, 'INSERT')
            AND has_table_privilege(:role, oid, 'UPDATE') AND has_table_privilege(:role, oid, 'DELETE')
        ) ORDER BY relname
""").bindparams(role=ROLE, shared=list(SHARED))
_SCHEMA = sa.text(
    "SELECT has_schema_privilege(:role, 'assent', 'USAGE')"
    " AND has_sequence_privilege(:role, 'assent.effects_done', 'USAGE')"
).bindparams(role=ROLE)
_MADE = ("42710", "23505")  # for another database of the same PostgreSQL, at this very moment
_FORBIDDEN = "42501"
_BLIND = sa.text("SELECT row_security_active('assent.runs')")


def look_after_role(connection: sa.Connection) -> None:
    """Make the role, and give it to whom we connect as; nothing is changed where all is as it must be.

    Raises:
        DatabaseUnavailableError: it may not be made or given, or is not fit; the message says what to do.
    """
    if connection.execute(_BLIND).scalar_one():
        raise DatabaseUnavailableError(
            "The tables must belong to the role that Assent connects as; make it their owner."
        )
    if connection.execute(_THERE).scalar_one_or_none() is None:
        _let(connection, f"CREATE ROLE {ROLE} NOLOGIN")
    if connection.execute(_THERE).scalar_one():
        raise DatabaseUnavailableError(f"The role {ROLE} may not be a superuser or have BYPASSRLS; take it away.")
    if not connection.execute(_MEMBER).scalar_one():
        _let(connection, f"GRANT {ROLE} TO CURRENT_USER")
    if not connection.execute(_SCHEMA).scalar_one():
        connection.execute(sa.text(f"GRANT USAGE ON SCHEMA assent TO {ROLE}"))
        connection.execute(sa.text(f"GRANT USAGE ON SEQUENCE assent.effects_done TO {ROLE}"))
    for (table,) in connection.execute(_UNGRANTED).all():
        connection.execute(sa.text(f"GRANT SELECT, INSERT, UPDATE, DELETE ON assent.{table} TO {ROLE}"))


def _let(connection: sa.Connection, statement: str) -> None:
    try:
        with connection.begin_nested():
            connection.execute(sa.text(statement))
    except sa.exc.DBAPIError as error:
        state = getattr(error.orig, "sqlstate", None)
        if state in _MADE:
            return
        if state != _FORBIDDEN:
            raise
        user = connection.execute(sa.text("SELECT quote_ident(current_user)")).scalar_one()
        raise DatabaseUnavailableError(
            f"Tenants are kept apart by the role {ROLE}, and {user} may not make it; have somebody who may run:"
            f" CREATE ROLE {ROLE} NOLOGIN; GRANT {ROLE} TO {user};"
        ) from error
