"""Which bundle came into force, by whom, and the bundles that other servers may have to follow with."""

from pathlib import Path

from alembic import op

revision = "0004_activations"
down_revision = "0003_permits"


def upgrade() -> None:
    """Make both tables."""
    statements = Path(__file__).with_suffix(".sql").read_text(encoding="utf-8")
    op.get_bind().exec_driver_sql(statements)
