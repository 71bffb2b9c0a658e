"""Candidate bundles that are tried beside the one in force, and what that shows."""

from pathlib import Path

from alembic import op

revision = "0005_shadows"
down_revision = "0004_activations"


def upgrade() -> None:
    """Make the three tables."""
    statements = Path(__file__).with_suffix(".sql").read_text(encoding="utf-8")
    op.get_bind().exec_driver_sql(statements)
