-- Candidate bundles beside the one in force, and where they answer otherwise; a test compares it with store/tables.py.

CREATE TABLE assent.shadows (
    tenant TEXT NOT NULL,
    id TEXT NOT NULL,
    revision TEXT NOT NULL,
    signed_by TEXT,
    archive BYTEA,
    running BOOLEAN UNIQUE CHECK (running),
    started_by TEXT NOT NULL,
    started_at TIMESTAMPTZ NOT NULL,
    ended_by TEXT,
    ended_at TIMESTAMPTZ,
    PRIMARY KEY (id)
);

CREATE TABLE assent.shadow_counts (
    shadow_id TEXT NOT NULL REFERENCES assent.shadows (id),
    tenant TEXT NOT NULL,
    outcome TEXT NOT NULL,
    count BIGINT NOT NULL,
    PRIMARY KEY (shadow_id, tenant, outcome)
);

CREATE TABLE assent.shadow_differences (
    shadow_id TEXT NOT NULL REFERENCES assent.shadows (id),
    tenant TEXT NOT NULL,
    digest TEXT NOT NULL,
    difference JSONB NOT NULL,
    count BIGINT NOT NULL,
    first_seen TIMESTAMPTZ NOT NULL,
    last_seen TIMESTAMPTZ NOT NULL,
    examples JSONB NOT NULL,
    PRIMARY KEY (shadow_id, tenant, digest)
);
