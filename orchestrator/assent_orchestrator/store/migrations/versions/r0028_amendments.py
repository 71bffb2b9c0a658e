"""Plans that no run can do."""

from pathlib import Path

from alembic import op

revision = "0028_amendments"
down_revision = "0027_unsettled"


def upgrade() -> None:
    """Add the table."""
    statements = Path(__file__).with_suffix(".sql").read_text(encoding="utf-8")
    op.get_bind().exec_driver_sql(statements)
