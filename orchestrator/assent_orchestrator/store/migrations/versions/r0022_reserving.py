"""Which attempt a reservation is for."""

from pathlib import Path

from alembic import op

revision = "0022_reserving"
down_revision = "0021_lookups"


def upgrade() -> None:
    """Add the column."""
    statements = Path(__file__).with_suffix(".sql").read_text(encoding="utf-8")
    op.get_bind().exec_driver_sql(statements)
