"""Steps of runs go on in one way to the database and back."""

from pathlib import Path

from alembic import op

revision = "0017_stride"
down_revision = "0016_delegations"


def upgrade() -> None:
    """Make the function."""
    statements = Path(__file__).with_suffix(".sql").read_text(encoding="utf-8")
    op.get_bind().exec_driver_sql(statements.replace("%", "%%"))
