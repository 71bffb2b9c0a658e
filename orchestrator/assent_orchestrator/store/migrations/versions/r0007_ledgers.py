"""What is counted: balances, and the reservations that they are made of."""

from pathlib import Path

from alembic import op

revision = "0007_ledgers"
down_revision = "0006_derived"


def upgrade() -> None:
    """Make the two tables, and the columns that say where nothing has to be looked for."""
    statements = Path(__file__).with_suffix(".sql").read_text(encoding="utf-8")
    op.get_bind().exec_driver_sql(statements)
