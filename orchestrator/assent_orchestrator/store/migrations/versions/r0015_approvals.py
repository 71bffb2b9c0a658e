"""Who answered in which role, what was changed, and what time did to a question."""

from pathlib import Path

from alembic import op

revision = "0015_approvals"
down_revision = "0014_driver"


def upgrade() -> None:
    """Add the columns."""
    statements = Path(__file__).with_suffix(".sql").read_text(encoding="utf-8")
    op.get_bind().exec_driver_sql(statements)
