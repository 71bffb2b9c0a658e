"""The elements of lists that steps are done for."""

from pathlib import Path

from alembic import op

revision = "0010_elements"
down_revision = "0009_circuits"


def upgrade() -> None:
    """Add the table."""
    statements = Path(__file__).with_suffix(".sql").read_text(encoding="utf-8")
    op.get_bind().exec_driver_sql(statements)
