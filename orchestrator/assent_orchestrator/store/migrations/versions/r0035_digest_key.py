"""The key of the digests of what is never retained."""

from pathlib import Path

from alembic import op

revision = "0035_digest_key"
down_revision = "0034_entrusted"


def upgrade() -> None:
    """Add the column."""
    statements = Path(__file__).with_suffix(".sql").read_text(encoding="utf-8")
    op.get_bind().exec_driver_sql(statements)
