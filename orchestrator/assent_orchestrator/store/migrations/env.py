"""Alembic's entry: runs the revisions on the connection that ``store.migrate`` hands over, in its transaction."""

import sqlalchemy as sa
from alembic import context

from assent_orchestrator.store import (  # noqa: F401 -- their tables belong to it
    amendment_tables,
    approval_tables,
    handoff_tables,
    ledger_tables,
    memory_tables,
    shadow_tables,
)
from assent_orchestrator.store.tables import metadata

connection: sa.Connection = context.config.attributes["connection"]
connection.execute(sa.text(f"CREATE SCHEMA IF NOT EXISTS {metadata.schema}"))
context.configure(
    connection=connection,
    target_metadata=metadata,
    version_table_schema=metadata.schema,
    include_schemas=True,
)
with context.begin_transaction():
    context.run_migrations()
