"""Our tables (schema ``assent``), as migrations make them; the engine's own tables are never touched from here."""

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

metadata = sa.MetaData(schema="assent")

_moment = sa.DateTime(timezone=True)

runs = sa.Table(
    "runs",
    metadata,
    sa.Column("tenant", sa.Text, nullable=False),
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("request_id", sa.Text),
    sa.Column("request_digest", sa.Text, nullable=False),
    sa.Column("process", sa.Text, nullable=False),
    sa.Column("process_version", sa.Text, nullable=False),
    sa.Column("revision", sa.Text, nullable=False),
    sa.Column("plan", JSONB, nullable=False),
    sa.Column("plan_digest", sa.Text, nullable=False),
    sa.Column("principal", JSONB, nullable=False),
    sa.Column("submitter", sa.Text, nullable=False),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("reason", sa.Text),
    sa.Column("cancel_requested", sa.Text),
    sa.Column("traceparent", sa.Text),
    sa.Column("created_at", _moment, nullable=False),
    sa.Column("updated_at", _moment, nullable=False),
    sa.Column("finished_at", _moment),
    sa.Column("compensate", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Column("not_undone", ARRAY(sa.Text)),
    sa.Column("paused_by", sa.Text),
    sa.Column("paused_at", _moment),
    sa.Column("pause_reason", sa.Text),
    sa.Column("resumed_at", _moment),
    sa.Column("deadline_at", _moment),
    sa.Column("on_deadline", sa.Text),
    sa.Column("driver", sa.Text),
    sa.UniqueConstraint("tenant", "submitter", "request_id"),
)
"""One row a run. ``paused_by`` is who paused it, until it is resumed. ``cancel_requested`` is the id of who asked
for it. ``compensate`` says that what the run did is to be undone once nothing more is done; ``not_undone`` are
the steps whose effects stay, or may, written when it is over. ``driver`` is the server that began its last leg, and
which of its lives."""

sa.Index("runs_by_age", runs.c.tenant, runs.c.created_at.desc(), runs.c.id)

AT_WORK = ("planned", "running", "stopping")
"""States of runs that have something to do; the others are over, or wait for somebody."""

sa.Index("runs_at_work", runs.c.tenant, postgresql_where=runs.c.state.in_(AT_WORK))

sa.Index("runs_unfinished", runs.c.id, postgresql_where=runs.c.finished_at.is_(None))
sa.Index("runs_by_end", runs.c.finished_at, postgresql_where=runs.c.finished_at.is_not(None))

steps = sa.Table(
    "steps",
    metadata,
    sa.Column("run_id", sa.Text, sa.ForeignKey(runs.c.id), primary_key=True),
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("position", sa.Integer, nullable=False),
    sa.Column("action", sa.Text, nullable=False),
    sa.Column("agent", sa.Text, nullable=False),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("attempt", sa.Integer, nullable=False, server_default="0"),
    sa.Column("failures", sa.Integer, nullable=False, server_default="0"),
    sa.Column("reason", sa.Text),
    sa.Column("message", sa.Text),
    sa.Column("decision", JSONB),
    sa.Column("decision_id", sa.Text),
    sa.Column("output", JSONB),
    sa.Column("labels", JSONB),
    sa.Column("trace_id", sa.Text),
    sa.Column("not_before", _moment),
    sa.Column("started_at", _moment),
    sa.Column("finished_at", _moment),
    sa.Column("origin", sa.Text),
    sa.Column("item", sa.Integer),
    sa.Column("undo", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Column("verdict", sa.Text, sa.Computed("((decision -> 'decision') ->> 'verdict')", persisted=True)),
)
"""One row a step of a run, an ``item`` of one (from 0), or the ``undo`` of either; the last two are derived from the
step ``origin`` of the plan (plan/derived.py). ``labels`` classify ``output``, by JSON pointer. ``attempt`` is
the number of the newest, ``failures`` how many failed and were to be made again: not what a crash of ours cut off.
``verdict`` is that of ``decision``: who needs to know how all steps stand does not read a thousand decisions."""

sa.Index("steps_of_items", steps.c.run_id, steps.c.origin, steps.c.item, postgresql_where=steps.c.item.is_not(None))

elements = sa.Table(
    "elements",
    metadata,
    sa.Column("run_id", sa.Text, sa.ForeignKey(runs.c.id, ondelete="CASCADE"), primary_key=True),
    sa.Column("step_id", sa.Text, primary_key=True),
    sa.Column("element", JSONB),
    sa.Column("labels", JSONB, nullable=False),
)
"""One row an item of a step: the element of the list that it is for, and its ``labels``, by JSON pointer into it."""

effects = sa.Table(
    "effects",
    metadata,
    sa.Column("run_id", sa.Text, primary_key=True),
    sa.Column("step_id", sa.Text, primary_key=True),
    sa.Column("idempotency_key", sa.Text, nullable=False),
    sa.Column("action_digest", sa.Text, nullable=False),
    sa.Column("permit_id", sa.Text, nullable=False, unique=True),
    sa.Column("attempt", sa.Integer, nullable=False),
    sa.Column("status", sa.Text, nullable=False),
    sa.Column("intended_at", _moment, nullable=False),
    sa.Column("settled_at", _moment),
    sa.Column("reserves", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Column("done", sa.BigInteger),
)
"""The intent of each effect and what became of it: intended, succeeded, failed (no effect happened) or unknown.
``reserves``: it has rows in ``reservations``; without it, nobody looks for them. ``done``: a number that grows
with each effect that is known to be done, whatever the clocks say; a trigger writes it."""

circuits = sa.Table(
    "circuits",
    metadata,
    sa.Column("tenant", sa.Text, primary_key=True),
    sa.Column("system", sa.Text, primary_key=True),
    sa.Column("failures", sa.Integer, nullable=False),
    sa.Column("since", _moment),
    sa.Column("open_until", _moment),
    sa.Column("probe_until", _moment),
)
"""One row a system that failed a tenant (execution/circuit.py); servers share it."""

permits = sa.Table(
    "permits",
    metadata,
    sa.Column("tenant", sa.Text, nullable=False),
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("holder", sa.Text, nullable=False),
    sa.Column("principal", sa.Text, nullable=False),
    sa.Column("agent", sa.Text, nullable=False),
    sa.Column("item", sa.Text, nullable=False),
    sa.Column("action", sa.Text, nullable=False),
    sa.Column("effect", sa.Text, nullable=False),
    sa.Column("action_digest", sa.Text, nullable=False),
    sa.Column("idempotency_key", sa.Text, nullable=False),
    sa.Column("decision_id", sa.Text, nullable=False),
    sa.Column("status", sa.Text, nullable=False),
    sa.Column("late", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Column("issued_at", _moment, nullable=False),
    sa.Column("expires_at", _moment, nullable=False),
    sa.Column("report_by", _moment, nullable=False),
    sa.Column("reported_at", _moment),
    sa.Column("closed_at", _moment),
    sa.Column("reserves", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Column("run_id", sa.Text),
    sa.Column("step_id", sa.Text),
    sa.Column("parent_id", sa.Text),
    sa.Column("depth", sa.Integer, nullable=False, server_default="0"),
    sa.Column("footing", JSONB(none_as_null=True)),
)
"""One row a permit that a caller was given: issued, succeeded, failed or unknown. ``item`` is the caller's own id.

``parent_id`` is the permit that it was asked for under, ``depth`` how many are above, ``run_id`` and ``step_id`` where
the first of them was given, if in a run. ``footing`` is there for what services do that act as agents.
"""

sa.Index("permits_under", permits.c.parent_id, postgresql_where=permits.c.parent_id.is_not(None))
sa.Index("permits_by_run", permits.c.run_id, postgresql_where=permits.c.run_id.is_not(None))

sa.Index("permits_by_age", permits.c.tenant, permits.c.issued_at.desc(), permits.c.id)
sa.Index("permits_open", permits.c.report_by, postgresql_where=permits.c.status == "issued")

requests = sa.Table(
    "requests",
    metadata,
    sa.Column("tenant", sa.Text, primary_key=True),
    sa.Column("caller", sa.Text, primary_key=True),
    sa.Column("request_id", sa.Text, primary_key=True),
    sa.Column("request_digest", sa.Text, nullable=False),
    sa.Column("answers", JSONB, nullable=False),
    sa.Column("answered_at", _moment, nullable=False),
)
"""One row a request id with which decisions were asked for, so that the same request has the same answers."""

trail = sa.Table(
    "trail",
    metadata,
    sa.Column("tenant", sa.Text, primary_key=True),
    sa.Column("seq", sa.BigInteger, primary_key=True),
    sa.Column("run_id", sa.Text),
    sa.Column("event", sa.Text, nullable=False),
    sa.Column("recorded_at", _moment, nullable=False),
    sa.Column("record", sa.LargeBinary, nullable=False),
    sa.Column("hash", sa.LargeBinary, nullable=False),
)
"""The trail, append-only. ``record`` holds the canonical bytes that ``hash`` covers; the other columns are an index."""

sa.Index("trail_by_run", trail.c.tenant, trail.c.run_id, trail.c.seq)
of_approvals = sa.func.starts_with(trail.c.event, sa.literal_column("'approval.'"))
"""The condition on the trail of records about approvals, as its index has it."""

sa.Index("trail_of_approvals", trail.c.tenant, trail.c.seq, postgresql_where=of_approvals)

heads = sa.Table(
    "heads",
    metadata,
    sa.Column("tenant", sa.Text, primary_key=True),
    sa.Column("seq", sa.BigInteger, nullable=False),
    sa.Column("hash", sa.LargeBinary, nullable=False),
)
"""The newest record of each tenant's trail; appending locks it, which is what makes ``seq`` gapless."""

stops = sa.Table(
    "stops",
    metadata,
    sa.Column("tenant", sa.Text, nullable=False),
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("scope", sa.Text, nullable=False),
    sa.Column("value", sa.Text, nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("created_by", sa.Text, nullable=False),
    sa.Column("created_at", _moment, nullable=False),
    sa.Column("request_id", sa.Text),
    sa.Column("lifted_by", sa.Text),
    sa.Column("lifted_at", _moment),
    sa.Column("lift_reason", sa.Text),
    sa.Column("lift_request_id", sa.Text),
    sa.UniqueConstraint("tenant", "created_by", "request_id"),
)
"""One row an order to stop, in force until ``lifted_at`` is set. ``tenant`` is that of who gave it; ``value`` is empty
where the scope needs none."""

sa.Index("stops_open", stops.c.tenant, postgresql_where=stops.c.lifted_at.is_(None))

activations = sa.Table(
    "activations",
    metadata,
    sa.Column("number", sa.BigInteger, sa.Identity(always=True), primary_key=True),
    sa.Column("id", sa.Text, nullable=False, unique=True),
    sa.Column("revision", sa.Text, nullable=False),
    sa.Column("cause", sa.Text, nullable=False),
    sa.Column("rollback", sa.Boolean, nullable=False),
    sa.Column("left_revision", sa.Text),
    sa.Column("home", sa.Text, nullable=False),
    sa.Column("tenant", sa.Text, nullable=False),
    sa.Column("actor", sa.Text, nullable=False),
    sa.Column("server", sa.Text, nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("request_id", sa.Text),
    sa.Column("author", sa.Text),
    sa.Column("sequence", sa.BigInteger),
    sa.Column("signed_by", sa.Text),
    sa.Column("origin", sa.Text, nullable=False),
    sa.Column("report", JSONB),
    sa.Column("recorded_at", _moment, nullable=False),
    sa.UniqueConstraint("tenant", "actor", "request_id"),
)
"""One row an activation, written before it: ``named`` (a person said so), ``automatic``, or by the ``start`` of a
server. ``server`` is the executor's name; ``report`` is of the rehearsal. ``number`` is the order of them, ``id``
tells the row from one that had its number before the database was renewed or restored. ``home`` is whose policies they
are: of the server's own tenant where all have the same; ``tenant`` is that of who acted."""

sa.Index("activations_by_revision", activations.c.home, activations.c.revision, activations.c.number.desc())

bundles = sa.Table(
    "bundles",
    metadata,
    sa.Column("revision", sa.Text, primary_key=True),
    sa.Column("archive", sa.LargeBinary, nullable=False),
    sa.Column("kept_at", _moment, nullable=False),
)
"""The archives of the last activations, for servers that have not got them."""

executors = sa.Table("executors", metadata, sa.Column("name", sa.Text, primary_key=True))
"""One row an executor that may have runs under way. It is alive when somebody holds its seat: see ``store/seat.py``."""

takeovers = sa.Table(
    "takeovers",
    metadata,
    sa.Column("run_id", sa.Text, primary_key=True),
    sa.Column("count", sa.Integer, nullable=False),
    sa.Column("updated_at", _moment, nullable=False),
    sa.Column("taken_at", _moment, nullable=False),
)
"""How often a run was taken over while it stood as it did at ``updated_at``, and when that was last."""
