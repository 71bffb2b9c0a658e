"""Permits of callers that act themselves, and the requests that they were given on."""

from pathlib import Path

from alembic import op

revision = "0003_permits"
down_revision = "0002_stops"


def upgrade() -> None:
    """Make both tables."""
    statements = Path(__file__).with_suffix(".sql").read_text(encoding="utf-8")
    op.get_bind().exec_driver_sql(statements)
