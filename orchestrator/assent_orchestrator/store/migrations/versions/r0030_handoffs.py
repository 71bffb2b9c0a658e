"""What was allowed to pass between the agents of a run."""

from pathlib import Path

from alembic import op

revision = "0030_handoffs"
down_revision = "0029_memories"


def upgrade() -> None:
    """Add the tables."""
    statements = Path(__file__).with_suffix(".sql").read_text(encoding="utf-8")
    op.get_bind().exec_driver_sql(statements)
