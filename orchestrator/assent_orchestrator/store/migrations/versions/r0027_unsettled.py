"""What is asked, what is reviewed and what was told long ago is found without reading all there ever was."""

from pathlib import Path

from alembic import op

revision = "0027_unsettled"
down_revision = "0026_given"


def upgrade() -> None:
    """Add the indexes."""
    statements = Path(__file__).with_suffix(".sql").read_text(encoding="utf-8")
    op.get_bind().exec_driver_sql(statements)
