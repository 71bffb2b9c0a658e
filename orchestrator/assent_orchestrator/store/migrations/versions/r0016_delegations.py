"""Who answers in whose place."""

from pathlib import Path

from alembic import op

revision = "0016_delegations"
down_revision = "0015_approvals"


def upgrade() -> None:
    """Add the table."""
    statements = Path(__file__).with_suffix(".sql").read_text(encoding="utf-8")
    op.get_bind().exec_driver_sql(statements)
