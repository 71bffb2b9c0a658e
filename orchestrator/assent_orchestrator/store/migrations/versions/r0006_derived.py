"""Rows of a run that are derived from a step of its plan, and what is left to undo."""

from pathlib import Path

from alembic import op

revision = "0006_derived"
down_revision = "0005_shadows"


def upgrade() -> None:
    """Add the columns."""
    statements = Path(__file__).with_suffix(".sql").read_text(encoding="utf-8")
    op.get_bind().exec_driver_sql(statements)
