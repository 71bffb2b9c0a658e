"""How many runs of a tenant are at work is looked up with every plan that is submitted."""

from pathlib import Path

from alembic import op

revision = "0008_at_work"
down_revision = "0007_ledgers"


def upgrade() -> None:
    """Add the index."""
    statements = Path(__file__).with_suffix(".sql").read_text(encoding="utf-8")
    op.get_bind().exec_driver_sql(statements)
