"""Runs that were paused, and runs that have a deadline."""

from pathlib import Path

from alembic import op

revision = "0012_control"
down_revision = "0011_executors"


def upgrade() -> None:
    """Add the columns."""
    statements = Path(__file__).with_suffix(".sql").read_text(encoding="utf-8")
    op.get_bind().exec_driver_sql(statements)
