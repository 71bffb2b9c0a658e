-- Who answers approvals in whose place; a test compares it with store/tables.py.

CREATE TABLE assent.delegations (
    tenant TEXT NOT NULL,
    id TEXT NOT NULL,
    giver TEXT NOT NULL,
    taker TEXT NOT NULL,
    roles TEXT[] NOT NULL,
    processes TEXT[] NOT NULL,
    reason TEXT NOT NULL,
    until TIMESTAMPTZ NOT NULL,
    created_at TIMESTAMPTZ NOT NULL,
    request_id TEXT,
    revoked_by TEXT,
    revoked_at TIMESTAMPTZ,
    PRIMARY KEY (id),
    UNIQUE (tenant, giver, request_id)
);

CREATE INDEX delegations_lent ON assent.delegations (tenant, taker, giver) WHERE revoked_at IS NULL;
