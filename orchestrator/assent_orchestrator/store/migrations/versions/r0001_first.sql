-- The tables of store/tables.py as the first release has them; a test compares the two.

CREATE TABLE assent.runs (
    tenant TEXT NOT NULL,
    id TEXT NOT NULL,
    request_id TEXT,
    request_digest TEXT NOT NULL,
    process TEXT NOT NULL,
    process_version TEXT NOT NULL,
    revision TEXT NOT NULL,
    plan JSONB NOT NULL,
    plan_digest TEXT NOT NULL,
    principal JSONB NOT NULL,
    submitter TEXT NOT NULL,
    state TEXT NOT NULL,
    reason TEXT,
    cancel_requested TEXT,
    traceparent TEXT,
    created_at TIMESTAMPTZ NOT NULL,
    updated_at TIMESTAMPTZ NOT NULL,
    finished_at TIMESTAMPTZ,
    PRIMARY KEY (id),
    UNIQUE (tenant, submitter, request_id)
);

CREATE INDEX runs_by_age ON assent.runs (tenant, created_at DESC, id);

CREATE TABLE assent.steps (
    run_id TEXT NOT NULL,
    id TEXT NOT NULL,
    position INTEGER NOT NULL,
    action TEXT NOT NULL,
    agent TEXT NOT NULL,
    state TEXT NOT NULL,
    attempt INTEGER DEFAULT '0' NOT NULL,
    reason TEXT,
    message TEXT,
    decision JSONB,
    decision_id TEXT,
    output JSONB,
    labels JSONB,
    trace_id TEXT,
    not_before TIMESTAMPTZ,
    started_at TIMESTAMPTZ,
    finished_at TIMESTAMPTZ,
    PRIMARY KEY (run_id, id),
    FOREIGN KEY(run_id) REFERENCES assent.runs (id)
);

CREATE TABLE assent.effects (
    run_id TEXT NOT NULL,
    step_id TEXT NOT NULL,
    idempotency_key TEXT NOT NULL,
    action_digest TEXT NOT NULL,
    permit_id TEXT NOT NULL,
    attempt INTEGER NOT NULL,
    status TEXT NOT NULL,
    intended_at TIMESTAMPTZ NOT NULL,
    settled_at TIMESTAMPTZ,
    PRIMARY KEY (run_id, step_id),
    UNIQUE (permit_id)
);

CREATE TABLE assent.approvals (
    tenant TEXT NOT NULL,
    id TEXT NOT NULL,
    run_id TEXT NOT NULL,
    step_id TEXT NOT NULL,
    process TEXT NOT NULL,
    state TEXT NOT NULL,
    version INTEGER DEFAULT '1' NOT NULL,
    roles TEXT[] NOT NULL,
    action_digest TEXT NOT NULL,
    revision TEXT NOT NULL,
    decision_id TEXT NOT NULL,
    requirement JSONB NOT NULL,
    presented JSONB NOT NULL,
    presented_digest TEXT NOT NULL,
    requested_at TIMESTAMPTZ NOT NULL,
    expires_at TIMESTAMPTZ NOT NULL,
    resolved_at TIMESTAMPTZ,
    traceparent TEXT,
    PRIMARY KEY (id),
    FOREIGN KEY(run_id) REFERENCES assent.runs (id)
);

CREATE UNIQUE INDEX approvals_open ON assent.approvals (run_id, step_id) WHERE state IN ('pending', 'approved');

CREATE TABLE assent.answers (
    approval_id TEXT NOT NULL,
    stage INTEGER NOT NULL,
    approver TEXT NOT NULL,
    roles TEXT[] NOT NULL,
    approved BOOLEAN NOT NULL,
    rationale TEXT NOT NULL,
    presented_digest TEXT NOT NULL,
    answered_at TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (approval_id, stage, approver),
    FOREIGN KEY(approval_id) REFERENCES assent.approvals (id)
);

CREATE TABLE assent.trail (
    tenant TEXT NOT NULL,
    seq BIGINT NOT NULL,
    run_id TEXT,
    event TEXT NOT NULL,
    recorded_at TIMESTAMPTZ NOT NULL,
    record BYTEA NOT NULL,
    hash BYTEA NOT NULL,
    PRIMARY KEY (tenant, seq)
);

CREATE INDEX trail_by_run ON assent.trail (tenant, run_id, seq);

CREATE TABLE assent.heads (
    tenant TEXT NOT NULL,
    seq BIGINT NOT NULL,
    hash BYTEA NOT NULL,
    PRIMARY KEY (tenant)
);

-- The trail is append-only, whoever asks.

CREATE FUNCTION assent.refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION USING
        ERRCODE = 'insufficient_privilege',
        MESSAGE = TG_TABLE_SCHEMA || '.' || TG_TABLE_NAME || ' is append-only: ' || TG_OP || ' refused';
END
$$;

CREATE TRIGGER trail_is_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON assent.trail
    FOR EACH STATEMENT EXECUTE FUNCTION assent.refuse_change();

CREATE TRIGGER heads_stay BEFORE DELETE OR TRUNCATE ON assent.heads
    FOR EACH STATEMENT EXECUTE FUNCTION assent.refuse_change();

CREATE TRIGGER heads_only_advance BEFORE UPDATE ON assent.heads
    FOR EACH ROW WHEN (NEW.tenant <> OLD.tenant OR NEW.seq <= OLD.seq) EXECUTE FUNCTION assent.refuse_change();
