"""Who opened a question when."""

from pathlib import Path

from alembic import op

revision = "0019_openings"
down_revision = "0018_failures"


def upgrade() -> None:
    """Make the table."""
    statements = Path(__file__).with_suffix(".sql").read_text(encoding="utf-8")
    op.get_bind().exec_driver_sql(statements)
