-- What was allowed to pass between the agents of a run; a test compares it with store/handoff_tables.py.

CREATE TABLE assent.handoffs (
    run_id TEXT NOT NULL REFERENCES assent.runs (id) ON DELETE CASCADE,
    source TEXT NOT NULL,
    target TEXT NOT NULL,
    digest TEXT NOT NULL,
    revision TEXT NOT NULL,
    step_id TEXT NOT NULL,
    decision_id TEXT NOT NULL,
    redactions JSONB NOT NULL,
    decided_at TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (run_id, source, target, digest, revision)
);
