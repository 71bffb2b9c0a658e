"""What passes of ledgers and memory with work between agents."""

from pathlib import Path

from alembic import op

revision = "0034_entrusted"
down_revision = "0033_row_security"


def upgrade() -> None:
    """Add the column."""
    statements = Path(__file__).with_suffix(".sql").read_text(encoding="utf-8")
    op.get_bind().exec_driver_sql(statements)
