"""A run that somebody else holds on to keeps no steps of other runs from going on."""

from pathlib import Path

from alembic import op

revision = "0024_unheld"
down_revision = "0023_done"


def upgrade() -> None:
    """Replace the function."""
    statements = Path(__file__).with_suffix(".sql").read_text(encoding="utf-8")
    op.get_bind().exec_driver_sql(statements.replace("%", "%%"))
