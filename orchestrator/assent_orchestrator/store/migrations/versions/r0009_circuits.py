"""Systems that failed a tenant and are left alone for a while."""

from pathlib import Path

from alembic import op

revision = "0009_circuits"
down_revision = "0008_at_work"


def upgrade() -> None:
    """Make the table."""
    statements = Path(__file__).with_suffix(".sql").read_text(encoding="utf-8")
    op.get_bind().exec_driver_sql(statements)
