"""Candidates that are tried beside the policies in force: their tables."""

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB

from assent_orchestrator.store.tables import metadata

_moment = sa.DateTime(timezone=True)

shadows = sa.Table(
    "shadows",
    metadata,
    sa.Column("home", sa.Text, nullable=False),
    sa.Column("tenant", sa.Text, nullable=False),
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("revision", sa.Text, nullable=False),
    sa.Column("signed_by", sa.Text),
    sa.Column("archive", sa.LargeBinary),
    sa.Column("running", sa.Boolean),
    sa.Column("started_by", sa.Text, nullable=False),
    sa.Column("started_at", _moment, nullable=False),
    sa.Column("ended_by", sa.Text),
    sa.Column("ended_at", _moment),
    sa.UniqueConstraint("home", "running"),
)
"""One row a candidate bundle that is tried, or was. ``running`` is true or null, so that at most one runs beside the
policies of a ``home``; ``archive`` is there as long as it does. ``tenant`` is that of who started it; what it tries are
the questions of all whose policies these are."""

shadow_counts = sa.Table(
    "shadow_counts",
    metadata,
    sa.Column("shadow_id", sa.Text, sa.ForeignKey(shadows.c.id), primary_key=True),
    sa.Column("tenant", sa.Text, primary_key=True),
    sa.Column("outcome", sa.Text, primary_key=True),
    sa.Column("count", sa.BigInteger, nullable=False),
)
"""How many answers of a tenant were the same, different, or not compared and why; every server adds its own."""

shadow_differences = sa.Table(
    "shadow_differences",
    metadata,
    sa.Column("shadow_id", sa.Text, sa.ForeignKey(shadows.c.id), primary_key=True),
    sa.Column("tenant", sa.Text, primary_key=True),
    sa.Column("digest", sa.Text, primary_key=True),
    sa.Column("difference", JSONB, nullable=False),
    sa.Column("count", sa.BigInteger, nullable=False),
    sa.Column("first_seen", _moment, nullable=False),
    sa.Column("last_seen", _moment, nullable=False),
    sa.Column("examples", JSONB, nullable=False),
)
"""One row a way in which answers differ (``digest`` is over ``difference``), how often, and ids of a few decisions."""
