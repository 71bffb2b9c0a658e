"""What is remembered, for whom, and what must not be forgotten: the tables of memory. No subject is readable here."""

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from assent_orchestrator.store.tables import metadata

_moment = sa.DateTime(timezone=True)

memories = sa.Table(
    "memories",
    metadata,
    sa.Column("tenant", sa.Text, nullable=False),
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("class", sa.Text, nullable=False),
    sa.Column("purpose", sa.Text, nullable=False),
    sa.Column("subject_key", sa.Text, nullable=False),
    sa.Column("labels", ARRAY(sa.Text), nullable=False),
    sa.Column("ciphertext", sa.LargeBinary, nullable=False),
    sa.Column("nonce", sa.LargeBinary, nullable=False),
    sa.Column("digest", sa.Text, nullable=False),
    sa.Column("bytes", sa.Integer, nullable=False),
    sa.Column("created_at", _moment, nullable=False),
    sa.Column("created_by", sa.Text, nullable=False),
    sa.Column("request_id", sa.Text),
    sa.Column("run_id", sa.Text),
    sa.Column("run_scoped", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Column("expires_at", _moment),
    sa.Column("kept_at", _moment),
    sa.UniqueConstraint("tenant", "created_by", "request_id"),
)
"""One row a value. ``subject_key`` is a keyed digest of whom it is about, ``digest`` one of the value under the key of
its subject. ``run_id`` is the run it was remembered in; one that is ``run_scoped`` is gone when that run is over.
``kept_at`` is when a hold was found to keep it beyond its end."""

sa.Index(
    "memories_of_subject",
    memories.c.tenant,
    memories.c.subject_key,
    memories.c["class"],
    memories.c.created_at.desc(),
    memories.c.id.desc(),
)
sa.Index("memories_by_time", memories.c.tenant, memories.c.created_at.desc(), memories.c.id.desc())
sa.Index(
    "memories_due",
    memories.c.expires_at,
    postgresql_where=sa.and_(memories.c.expires_at.is_not(None), memories.c.kept_at.is_(None)),
)
sa.Index("memories_of_runs", memories.c.run_id, postgresql_where=memories.c.run_scoped)
sa.Index("memories_kept", memories.c.tenant, memories.c.subject_key, postgresql_where=memories.c.kept_at.is_not(None))

subjects = sa.Table(
    "subjects",
    metadata,
    sa.Column("tenant", sa.Text, primary_key=True),
    sa.Column("subject_key", sa.Text, primary_key=True),
    sa.Column("wrapped_key", sa.LargeBinary, nullable=False),
    sa.Column("created_at", _moment, nullable=False),
)
"""One row a subject of whom something is remembered: the key of its values, wrapped by the master key. Without the row
nobody can read them any more, wherever copies of them are."""

memory_master = sa.Table(
    "memory_master",
    metadata,
    sa.Column("sole", sa.Boolean, primary_key=True, server_default=sa.true()),
    sa.Column("fingerprint", sa.Text, nullable=False),
    sa.Column("digest_key", sa.LargeBinary),
    sa.Column("naming_key", sa.LargeBinary),
    sa.Column("replaced", ARRAY(sa.Text), nullable=False, server_default=sa.text("'{}'::TEXT[]")),
    sa.CheckConstraint("sole", name="memory_master_sole"),
)
"""One row: which master key wraps the keys of this database, so that a server with another one touches nothing; and,
wrapped by it, the key of the digests of what is never retained. ``replaced`` are the master keys before it; the key
that subjects are named by is derived from the first one, and kept in ``naming_key``, wrapped, when that is gone."""

holds = sa.Table(
    "holds",
    metadata,
    sa.Column("tenant", sa.Text, nullable=False),
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("subject_key", sa.Text, nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("placed_by", sa.Text, nullable=False),
    sa.Column("placed_at", _moment, nullable=False),
    sa.Column("request_id", sa.Text),
    sa.Column("lifted_by", sa.Text),
    sa.Column("lifted_at", _moment),
    sa.Column("lift_reason", sa.Text),
    sa.UniqueConstraint("tenant", "placed_by", "request_id"),
)
"""One row a legal hold: what is remembered of the subject is neither forgotten nor expires until it is lifted."""

sa.Index("holds_in_force", holds.c.tenant, holds.c.subject_key, postgresql_where=holds.c.lifted_at.is_(None))
sa.Index("holds_by_time", holds.c.tenant, holds.c.placed_at.desc(), holds.c.id.desc())

receipts = sa.Table(
    "receipts",
    metadata,
    sa.Column("tenant", sa.Text, nullable=False),
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("subject_key", sa.Text, nullable=False),
    sa.Column("class", sa.Text),
    sa.Column("forgotten", JSONB, nullable=False),
    sa.Column("ids_digest", sa.Text, nullable=False),
    sa.Column("key_destroyed", sa.Boolean, nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("forgotten_by", sa.Text, nullable=False),
    sa.Column("forgotten_at", _moment, nullable=False),
    sa.Column("request_id", sa.Text),
    sa.UniqueConstraint("tenant", "forgotten_by", "request_id"),
)
"""One row an order to forget: how many values of each class went, and whether the key of the subject went, too."""

spent_requests = sa.Table(
    "spent_requests",
    metadata,
    sa.Column("tenant", sa.Text, primary_key=True),
    sa.Column("created_by", sa.Text, primary_key=True),
    sa.Column("request_id", sa.Text, primary_key=True),
    sa.Column("gone_at", _moment, nullable=False),
)
"""One row a request id by which something was remembered that is gone: asked again, it is not remembered again."""
