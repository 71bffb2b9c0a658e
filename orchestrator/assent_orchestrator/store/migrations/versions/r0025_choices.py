"""What people choose for work items."""

from pathlib import Path

from alembic import op

revision = "0025_choices"
down_revision = "0024_unheld"


def upgrade() -> None:
    """Add the column, and replace the function."""
    statements = Path(__file__).with_suffix(".sql").read_text(encoding="utf-8")
    op.get_bind().exec_driver_sql(statements.replace("%", "%%"))
