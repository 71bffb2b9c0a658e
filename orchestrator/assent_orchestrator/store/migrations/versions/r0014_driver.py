"""Which server drives a run."""

from pathlib import Path

from alembic import op

revision = "0014_driver"
down_revision = "0013_verdict"


def upgrade() -> None:
    """Add the column."""
    statements = Path(__file__).with_suffix(".sql").read_text(encoding="utf-8")
    op.get_bind().exec_driver_sql(statements)
