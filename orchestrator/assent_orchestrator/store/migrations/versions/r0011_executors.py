"""Who may have runs under way, and how often runs were taken over."""

from pathlib import Path

from alembic import op

revision = "0011_executors"
down_revision = "0010_elements"


def upgrade() -> None:
    """Make the tables."""
    statements = Path(__file__).with_suffix(".sql").read_text(encoding="utf-8")
    op.get_bind().exec_driver_sql(statements)
