"""What was allowed to pass between the agents of a run."""

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from assent_orchestrator.store.tables import metadata, runs

handoffs = sa.Table(
    "handoffs",
    metadata,
    sa.Column("run_id", sa.Text, sa.ForeignKey(runs.c.id, ondelete="CASCADE"), primary_key=True),
    sa.Column("source", sa.Text, primary_key=True),
    sa.Column("target", sa.Text, primary_key=True),
    sa.Column("digest", sa.Text, primary_key=True),
    sa.Column("revision", sa.Text, primary_key=True),
    sa.Column("step_id", sa.Text, primary_key=True),
    sa.Column("decision_id", sa.Text, nullable=False),
    sa.Column("redactions", JSONB, nullable=False),
    sa.Column("entrusts", JSONB, nullable=False, server_default=sa.text("'[]'::jsonb")),
    sa.Column("decided_at", sa.DateTime(timezone=True), nullable=False),
    sa.Column("takers", ARRAY(sa.Text)),
)
"""One row a hand-over that the policies of ``revision`` allowed in a run: it is not asked about twice. ``digest`` is
that of what they were told of it, but for ledgers, which move; ``redactions`` are what must not pass, ``entrusts`` say
of what ledgers and memory less passes; ``step_id`` took over. Where people
let it pass it holds for ``takers``, the steps that they were shown; where nobody was asked, for all of the run."""
