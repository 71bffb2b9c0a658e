"""How many attempts at a step failed, beside how many were made."""

from pathlib import Path

from alembic import op

revision = "0018_failures"
down_revision = "0017_stride"


def upgrade() -> None:
    """Add the column."""
    statements = Path(__file__).with_suffix(".sql").read_text(encoding="utf-8")
    op.get_bind().exec_driver_sql(statements)
