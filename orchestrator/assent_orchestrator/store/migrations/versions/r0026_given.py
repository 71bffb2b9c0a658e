"""Whoever gives a delegation is asked how many they gave."""

from pathlib import Path

from alembic import op

revision = "0026_given"
down_revision = "0025_choices"


def upgrade() -> None:
    """Add the index."""
    statements = Path(__file__).with_suffix(".sql").read_text(encoding="utf-8")
    op.get_bind().exec_driver_sql(statements)
