"""The request ids by which something was remembered that is gone."""

from pathlib import Path

from alembic import op

revision = "0036_spent_requests"
down_revision = "0035_digest_key"


def upgrade() -> None:
    """Make the table."""
    statements = Path(__file__).with_suffix(".sql").read_text(encoding="utf-8")
    op.get_bind().exec_driver_sql(statements)
