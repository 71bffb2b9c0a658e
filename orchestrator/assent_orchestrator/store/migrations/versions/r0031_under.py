"""Permits that services are given which act as agents, under the permits that they are called with."""

from pathlib import Path

from alembic import op

revision = "0031_under"
down_revision = "0030_handoffs"


def upgrade() -> None:
    """Add the columns."""
    statements = Path(__file__).with_suffix(".sql").read_text(encoding="utf-8")
    op.get_bind().exec_driver_sql(statements)
