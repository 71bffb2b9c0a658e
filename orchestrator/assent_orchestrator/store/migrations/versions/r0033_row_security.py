"""Rows are seen by the tenant whose they are."""

from pathlib import Path

from alembic import op

revision = "0033_row_security"
down_revision = "0032_tenants"


def upgrade() -> None:
    """Enable row-level security."""
    statements = Path(__file__).with_suffix(".sql").read_text(encoding="utf-8")
    op.get_bind().exec_driver_sql(statements)
