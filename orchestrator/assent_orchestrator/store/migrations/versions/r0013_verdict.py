"""The verdicts of steps, beside their decisions."""

from pathlib import Path

from alembic import op

revision = "0013_verdict"
down_revision = "0012_control"


def upgrade() -> None:
    """Add the column."""
    statements = Path(__file__).with_suffix(".sql").read_text(encoding="utf-8")
    op.get_bind().exec_driver_sql(statements)
