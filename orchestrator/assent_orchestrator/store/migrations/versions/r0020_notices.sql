-- Who is told about approvals, and what of the trail is about them; a test compares it with store/tables.py.

CREATE TABLE assent.notices (
    id TEXT NOT NULL,
    tenant TEXT NOT NULL,
    approval_id TEXT NOT NULL,
    event TEXT NOT NULL,
    channel TEXT NOT NULL,
    target TEXT NOT NULL,
    content JSONB NOT NULL,
    created_at TIMESTAMPTZ NOT NULL,
    due_at TIMESTAMPTZ NOT NULL,
    tries INTEGER NOT NULL DEFAULT 0,
    settled_at TIMESTAMPTZ,
    outcome TEXT,
    PRIMARY KEY (id)
);

CREATE INDEX notices_due ON assent.notices (due_at) WHERE settled_at IS NULL;
CREATE INDEX trail_of_approvals ON assent.trail (tenant, seq) WHERE starts_with(event, 'approval.');
