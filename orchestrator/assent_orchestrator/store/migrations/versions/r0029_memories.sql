-- What is remembered, encrypted for each subject; a test compares it with store/memory_tables.py.

CREATE TABLE assent.memories (
    tenant TEXT NOT NULL,
    id TEXT NOT NULL,
    class TEXT NOT NULL,
    purpose TEXT NOT NULL,
    subject_key TEXT NOT NULL,
    labels TEXT[] NOT NULL,
    ciphertext BYTEA NOT NULL,
    nonce BYTEA NOT NULL,
    digest TEXT NOT NULL,
    bytes INTEGER NOT NULL,
    created_at TIMESTAMPTZ NOT NULL,
    created_by TEXT NOT NULL,
    request_id TEXT,
    run_id TEXT,
    run_scoped BOOLEAN NOT NULL DEFAULT false,
    expires_at TIMESTAMPTZ,
    kept_at TIMESTAMPTZ,
    PRIMARY KEY (id),
    UNIQUE (tenant, created_by, request_id)
);

CREATE INDEX memories_of_subject ON assent.memories (tenant, subject_key, class, created_at DESC, id DESC);
CREATE INDEX memories_by_time ON assent.memories (tenant, created_at DESC, id DESC);
CREATE INDEX memories_due ON assent.memories (expires_at) WHERE expires_at IS NOT NULL AND kept_at IS NULL;
CREATE INDEX memories_of_runs ON assent.memories (run_id) WHERE run_scoped;
CREATE INDEX memories_kept ON assent.memories (tenant, subject_key) WHERE kept_at IS NOT NULL;

CREATE TABLE assent.subjects (
    tenant TEXT NOT NULL,
    subject_key TEXT NOT NULL,
    wrapped_key BYTEA NOT NULL,
    created_at TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (tenant, subject_key)
);

CREATE TABLE assent.memory_master (
    sole BOOLEAN NOT NULL DEFAULT true,
    fingerprint TEXT NOT NULL,
    PRIMARY KEY (sole),
    CONSTRAINT memory_master_sole CHECK (sole)
);

CREATE TABLE assent.holds (
    tenant TEXT NOT NULL,
    id TEXT NOT NULL,
    subject_key TEXT NOT NULL,
    reason TEXT NOT NULL,
    placed_by TEXT NOT NULL,
    placed_at TIMESTAMPTZ NOT NULL,
    request_id TEXT,
    lifted_by TEXT,
    lifted_at TIMESTAMPTZ,
    lift_reason TEXT,
    PRIMARY KEY (id),
    UNIQUE (tenant, placed_by, request_id)
);

CREATE INDEX holds_in_force ON assent.holds (tenant, subject_key) WHERE lifted_at IS NULL;
CREATE INDEX holds_by_time ON assent.holds (tenant, placed_at DESC, id DESC);

CREATE TABLE assent.receipts (
    tenant TEXT NOT NULL,
    id TEXT NOT NULL,
    subject_key TEXT NOT NULL,
    class TEXT,
    forgotten JSONB NOT NULL,
    ids_digest TEXT NOT NULL,
    key_destroyed BOOLEAN NOT NULL,
    reason TEXT NOT NULL,
    forgotten_by TEXT NOT NULL,
    forgotten_at TIMESTAMPTZ NOT NULL,
    request_id TEXT,
    PRIMARY KEY (id),
    UNIQUE (tenant, forgotten_by, request_id)
);
