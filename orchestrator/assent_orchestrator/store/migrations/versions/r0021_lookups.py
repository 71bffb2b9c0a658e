"""Indexes for what is looked for by itself: runs that are not over or over for long, and what belongs to a run."""

from pathlib import Path

from alembic import op

revision = "0021_lookups"
down_revision = "0020_notices"


def upgrade() -> None:
    """Make the indexes."""
    statements = Path(__file__).with_suffix(".sql").read_text(encoding="utf-8")
    op.get_bind().exec_driver_sql(statements)
