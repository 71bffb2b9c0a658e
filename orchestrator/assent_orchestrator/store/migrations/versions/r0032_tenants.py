"""Policies of a tenant's own."""

from pathlib import Path

from alembic import op

revision = "0032_tenants"
down_revision = "0031_under"


def upgrade() -> None:
    """Say of activations and shadows whose policies they are about: until now, the same for all tenants."""
    statements = Path(__file__).with_suffix(".sql").read_text(encoding="utf-8")
    op.get_bind().exec_driver_sql(statements)
