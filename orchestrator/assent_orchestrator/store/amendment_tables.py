"""What planners suggested that no run can do: the table of amendments."""

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB

from assent_orchestrator.store.tables import metadata

_moment = sa.DateTime(timezone=True)

amendments = sa.Table(
    "amendments",
    metadata,
    sa.Column("tenant", sa.Text, nullable=False),
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("process", sa.Text, nullable=False),
    sa.Column("version", sa.Text, nullable=False),
    sa.Column("owner", sa.Text, nullable=False),
    sa.Column("proposer", sa.Text, nullable=False),
    sa.Column("plan", JSONB, nullable=False),
    sa.Column("plan_digest", sa.Text, nullable=False),
    sa.Column("changes", JSONB, nullable=False),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("decision_id", sa.Text, nullable=False),
    sa.Column("revision", sa.Text, nullable=False),
    sa.Column("proposed_at", _moment, nullable=False),
    sa.Column("closed_by", sa.Text),
    sa.Column("closed_at", _moment),
    sa.Column("reason", sa.Text),
)
"""One row a plan that somebody proposed and that is not as its process says: ``open``, ``dismissed`` by the owner, or
``adopted`` by a bundle. ``owner`` and ``version`` are those of the process then; ``plan`` holds no inputs."""

sa.Index(
    "amendments_open",
    amendments.c.tenant,
    amendments.c.process,
    amendments.c.plan_digest,
    unique=True,
    postgresql_where=amendments.c.state == "open",
)
sa.Index("amendments_by_time", amendments.c.tenant, amendments.c.proposed_at.desc(), amendments.c.id.desc())
