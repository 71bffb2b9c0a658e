"""What a database keeps of the master keys that its keys were wrapped by."""

from pathlib import Path

from alembic import op

revision = "0037_master_keys"
down_revision = "0036_spent_requests"


def upgrade() -> None:
    """Add the columns."""
    statements = Path(__file__).with_suffix(".sql").read_text(encoding="utf-8")
    op.get_bind().exec_driver_sql(statements)
