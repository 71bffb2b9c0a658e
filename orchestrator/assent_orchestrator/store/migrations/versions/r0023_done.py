"""In which order effects were done."""

from pathlib import Path

from alembic import op

revision = "0023_done"
down_revision = "0022_reserving"


def upgrade() -> None:
    """Add the column, and what writes it."""
    statements = Path(__file__).with_suffix(".sql").read_text(encoding="utf-8")
    op.get_bind().exec_driver_sql(statements)
