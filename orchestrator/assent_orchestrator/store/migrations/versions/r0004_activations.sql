-- Which bundle came into force; a test compares it with store/tables.py.

CREATE TABLE assent.activations (
    number BIGINT GENERATED ALWAYS AS IDENTITY,
    id TEXT NOT NULL,
    revision TEXT NOT NULL,
    cause TEXT NOT NULL,
    rollback BOOLEAN NOT NULL,
    left_revision TEXT,
    tenant TEXT NOT NULL,
    actor TEXT NOT NULL,
    server TEXT NOT NULL,
    reason TEXT NOT NULL,
    request_id TEXT,
    author TEXT,
    sequence BIGINT,
    signed_by TEXT,
    origin TEXT NOT NULL,
    report JSONB,
    recorded_at TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (number),
    UNIQUE (id),
    UNIQUE (tenant, actor, request_id)
);

CREATE INDEX activations_by_revision ON assent.activations (revision, number DESC);

-- What came into force, for servers that have not got it.

CREATE TABLE assent.bundles (
    revision TEXT NOT NULL,
    archive BYTEA NOT NULL,
    kept_at TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (revision)
);
