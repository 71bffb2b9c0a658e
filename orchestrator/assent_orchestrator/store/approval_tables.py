"""What people are asked, what they answer, who answers in whose place, and who is told of it."""

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from assent_orchestrator.store.tables import metadata, runs

_moment = sa.DateTime(timezone=True)

approvals = sa.Table(
    "approvals",
    metadata,
    sa.Column("tenant", sa.Text, nullable=False),
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("run_id", sa.Text, sa.ForeignKey(runs.c.id), nullable=False),
    sa.Column("step_id", sa.Text, nullable=False),
    sa.Column("process", sa.Text, nullable=False),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("version", sa.Integer, nullable=False, server_default="1"),
    sa.Column("roles", ARRAY(sa.Text), nullable=False),
    sa.Column("action_digest", sa.Text, nullable=False),
    sa.Column("revision", sa.Text, nullable=False),
    sa.Column("decision_id", sa.Text, nullable=False),
    sa.Column("requirement", JSONB, nullable=False),
    sa.Column("presented", JSONB, nullable=False),
    sa.Column("presented_digest", sa.Text, nullable=False),
    sa.Column("requested_at", _moment, nullable=False),
    sa.Column("expires_at", _moment, nullable=False),
    sa.Column("resolved_at", _moment),
    sa.Column("traceparent", sa.Text),
    sa.Column("kind", sa.Text, nullable=False, server_default="action"),
    sa.Column("about", sa.Text),
    sa.Column("rungs", sa.Integer, nullable=False, server_default="0"),
    sa.Column("reminders", sa.Integer, nullable=False, server_default="0"),
    sa.Column("extended", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Column("due_at", _moment),
)
"""One row a question to humans: pending, approved, rejected, expired, void, consumed or edited.

``version`` is the etag. ``rungs`` and ``reminders`` count what happened because time passed, ``extended`` says that it
was put once more after its first expiry, ``due_at`` when something of that kind happens next. A review is ``about``
another approval.
"""

sa.Index(
    "approvals_open",
    approvals.c.run_id,
    approvals.c.step_id,
    approvals.c.kind,
    unique=True,
    postgresql_where=sa.and_(approvals.c.state.in_(("pending", "approved")), approvals.c.kind != "review"),
)

open_approvals = approvals.c.state.in_((sa.literal_column("'pending'"), sa.literal_column("'approved'")))
"""The condition on the table of approvals under which one is not over, as its index has it."""

sa.Index(
    "approvals_unsettled", approvals.c.tenant, approvals.c.requested_at, approvals.c.id, postgresql_where=open_approvals
)
sa.Index("approvals_about", approvals.c.about, postgresql_where=approvals.c.about.is_not(None))
sa.Index("approvals_asked", approvals.c.tenant, approvals.c.requested_at, approvals.c.id)
sa.Index("approvals_by_step", approvals.c.run_id, approvals.c.step_id)
sa.Index("approvals_due", approvals.c.due_at, postgresql_where=approvals.c.state == "pending")

answers = sa.Table(
    "answers",
    metadata,
    sa.Column("approval_id", sa.Text, sa.ForeignKey(approvals.c.id), primary_key=True),
    sa.Column("number", sa.Integer, primary_key=True),
    sa.Column("stage", sa.Integer, nullable=False),
    sa.Column("approver", sa.Text, nullable=False),
    sa.Column("stands_for", sa.Text),
    sa.Column("role", sa.Text, nullable=False),
    sa.Column("roles", ARRAY(sa.Text), nullable=False),
    sa.Column("approved", sa.Boolean, nullable=False),
    sa.Column("rationale", sa.Text, nullable=False),
    sa.Column("presented_digest", sa.Text, nullable=False),
    sa.Column("answered_at", _moment, nullable=False),
    sa.Column("action_digest", sa.Text, nullable=False),
    sa.Column("edits", JSONB(none_as_null=True)),
    sa.Column("break_glass", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Column("withdrawn_at", _moment),
    sa.Column("choice", sa.Text),
)
"""One row an answer, the ``number``-th to its question; one person answers a stage once, but for what is withdrawn.

``edits`` are the values that the approver put in the place of others, by pointer; ``action_digest`` is that of the
action with them. ``choice`` is what was chosen for a work item.
"""

sa.Index(
    "answers_once",
    answers.c.approval_id,
    answers.c.stage,
    answers.c.approver,
    unique=True,
    postgresql_where=answers.c.withdrawn_at.is_(None),
)

openings = sa.Table(
    "openings",
    metadata,
    sa.Column("approval_id", sa.Text, sa.ForeignKey(approvals.c.id), primary_key=True),
    sa.Column("person", sa.Text, primary_key=True),
    sa.Column("opened_at", _moment, nullable=False),
)
"""One row the first time that somebody who could answer a question was shown it."""

delegations = sa.Table(
    "delegations",
    metadata,
    sa.Column("tenant", sa.Text, nullable=False),
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("giver", sa.Text, nullable=False),
    sa.Column("taker", sa.Text, nullable=False),
    sa.Column("roles", ARRAY(sa.Text), nullable=False),
    sa.Column("processes", ARRAY(sa.Text), nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("until", _moment, nullable=False),
    sa.Column("created_at", _moment, nullable=False),
    sa.Column("request_id", sa.Text),
    sa.Column("revoked_by", sa.Text),
    sa.Column("revoked_at", _moment),
    sa.UniqueConstraint("tenant", "giver", "request_id"),
)
"""One row a delegation (approvals/delegation.py); it is given once and revoked at most once."""

sa.Index(
    "delegations_lent",
    delegations.c.tenant,
    delegations.c.taker,
    delegations.c.giver,
    postgresql_where=delegations.c.revoked_at.is_(None),
)

sa.Index(
    "delegations_given",
    delegations.c.tenant,
    delegations.c.giver,
    delegations.c.taker,
    postgresql_where=delegations.c.revoked_at.is_(None),
)

notices = sa.Table(
    "notices",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("tenant", sa.Text, nullable=False),
    sa.Column("approval_id", sa.Text, nullable=False),
    sa.Column("event", sa.Text, nullable=False),
    sa.Column("channel", sa.Text, nullable=False),
    sa.Column("target", sa.Text, nullable=False),
    sa.Column("content", JSONB, nullable=False),
    sa.Column("created_at", _moment, nullable=False),
    sa.Column("due_at", _moment, nullable=False),
    sa.Column("tries", sa.Integer, nullable=False, server_default="0"),
    sa.Column("settled_at", _moment),
    sa.Column("outcome", sa.Text),
)
"""One row a message to one address (``mail``) or program (``webhook``). Whoever sends it moves ``due_at`` before, and
settles it afterwards: delivered, or given_up."""

sa.Index("notices_due", notices.c.due_at, postgresql_where=notices.c.settled_at.is_(None))
sa.Index("notices_settled", notices.c.settled_at, postgresql_where=notices.c.settled_at.is_not(None))
