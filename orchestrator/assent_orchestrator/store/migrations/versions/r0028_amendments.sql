-- Plans that no run can do, put before the owners of their processes; a test compares it with
-- store/amendment_tables.py.

CREATE TABLE assent.amendments (
    tenant TEXT NOT NULL,
    id TEXT NOT NULL,
    process TEXT NOT NULL,
    version TEXT NOT NULL,
    owner TEXT NOT NULL,
    proposer TEXT NOT NULL,
    plan JSONB NOT NULL,
    plan_digest TEXT NOT NULL,
    changes JSONB NOT NULL,
    state TEXT NOT NULL,
    decision_id TEXT NOT NULL,
    revision TEXT NOT NULL,
    proposed_at TIMESTAMPTZ NOT NULL,
    closed_by TEXT,
    closed_at TIMESTAMPTZ,
    reason TEXT,
    PRIMARY KEY (id)
);

CREATE UNIQUE INDEX amendments_open ON assent.amendments (tenant, process, plan_digest) WHERE state = 'open';
CREATE INDEX amendments_by_time ON assent.amendments (tenant, proposed_at DESC, id DESC);
