"""Who is told about approvals."""

from pathlib import Path

from alembic import op

revision = "0020_notices"
down_revision = "0019_openings"


def upgrade() -> None:
    """Add the table."""
    statements = Path(__file__).with_suffix(".sql").read_text(encoding="utf-8")
    op.get_bind().exec_driver_sql(statements)
