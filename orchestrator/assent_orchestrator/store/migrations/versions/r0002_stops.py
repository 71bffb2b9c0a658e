"""Orders to stop dispatching, and how a decision reads them."""

from pathlib import Path

from alembic import op

revision = "0002_stops"
down_revision = "0001"


def upgrade() -> None:
    """Make the table and its function."""
    statements = Path(__file__).with_suffix(".sql").read_text(encoding="utf-8")
    op.get_bind().exec_driver_sql(statements)
