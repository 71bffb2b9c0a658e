"""For which steps people let work pass."""

from pathlib import Path

from alembic import op

revision = "0038_takers"
down_revision = "0037_master_keys"


def upgrade() -> None:
    """Add the column, and have a hand-over be kept by the step that took over, too."""
    statements = Path(__file__).with_suffix(".sql").read_text(encoding="utf-8")
    op.get_bind().exec_driver_sql(statements)
