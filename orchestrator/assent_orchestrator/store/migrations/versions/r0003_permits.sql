-- What callers that act themselves were permitted; a test compares it with store/tables.py.

CREATE TABLE assent.permits (
    tenant TEXT NOT NULL,
    id TEXT NOT NULL,
    holder TEXT NOT NULL,
    principal TEXT NOT NULL,
    agent TEXT NOT NULL,
    item TEXT NOT NULL,
    action TEXT NOT NULL,
    effect TEXT NOT NULL,
    action_digest TEXT NOT NULL,
    idempotency_key TEXT NOT NULL,
    decision_id TEXT NOT NULL,
    status TEXT NOT NULL,
    late BOOLEAN DEFAULT false NOT NULL,
    issued_at TIMESTAMPTZ NOT NULL,
    expires_at TIMESTAMPTZ NOT NULL,
    report_by TIMESTAMPTZ NOT NULL,
    reported_at TIMESTAMPTZ,
    closed_at TIMESTAMPTZ,
    PRIMARY KEY (id)
);

CREATE INDEX permits_by_age ON assent.permits (tenant, issued_at DESC, id);

CREATE INDEX permits_open ON assent.permits (report_by) WHERE status = 'issued';

CREATE TABLE assent.requests (
    tenant TEXT NOT NULL,
    caller TEXT NOT NULL,
    request_id TEXT NOT NULL,
    request_digest TEXT NOT NULL,
    answers JSONB NOT NULL,
    answered_at TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (tenant, caller, request_id)
);
