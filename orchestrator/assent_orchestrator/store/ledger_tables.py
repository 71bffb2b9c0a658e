"""What is counted, and what is reserved of it."""

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB

from assent_orchestrator.store.tables import metadata

_moment = sa.DateTime(timezone=True)
_amount = sa.Numeric(38, 9)

balances = sa.Table(
    "balances",
    metadata,
    sa.Column("tenant", sa.Text, primary_key=True),
    sa.Column("ledger", sa.Text, primary_key=True),
    sa.Column("key", sa.Text, primary_key=True),
    sa.Column("period", sa.Text, primary_key=True),
    sa.Column("spent", _amount, nullable=False, server_default=sa.text("0")),
    sa.Column("reserved", _amount, nullable=False, server_default=sa.text("0")),
    sa.Column("held", _amount, nullable=False, server_default=sa.text("0")),
    sa.Column("changed_at", _moment),
)
"""One row an account: a ledger, for one of what it is counted for (``key`` is a digest), in one window. Limits are
in the bundle. Changed under the lock of the row only (``governance/till.py``)."""

reservations = sa.Table(
    "reservations",
    metadata,
    sa.Column("effect_key", sa.Text, primary_key=True),
    sa.Column("ledger", sa.Text, primary_key=True),
    sa.Column("tenant", sa.Text, nullable=False),
    sa.Column("key", sa.Text, nullable=False),
    sa.Column("period", sa.Text, nullable=False),
    sa.Column("run_id", sa.Text),
    sa.Column("step_id", sa.Text, nullable=False),
    sa.Column("agent", sa.Text, nullable=False),
    sa.Column("attempt", sa.Integer, nullable=False, server_default=sa.text("1")),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("amount", _amount, nullable=False),
    sa.Column("most", _amount, nullable=False),
    sa.Column("spent", _amount),
    sa.Column("parts", JSONB, nullable=False),
    sa.Column("reserved_at", _moment, nullable=False),
    sa.Column("settled_at", _moment),
)
"""One row an effect (its idempotency key) and a ledger: reserved, held, spent or released. ``most`` is the limit that
it was reserved under, ``parts`` are the obligations, ``attempt`` is the one that reserved it, or the later one that it
was settled with."""

sa.Index(
    "reservations_by_ledger",
    reservations.c.tenant,
    reservations.c.ledger,
    reservations.c.reserved_at.desc(),
    reservations.c.effect_key,
)
sa.Index("reservations_by_run", reservations.c.run_id, postgresql_where=reservations.c.run_id.is_not(None))
