-- Executors and take-overs; a test compares them with store/tables.py.

CREATE TABLE assent.executors (
    name TEXT PRIMARY KEY
);

CREATE TABLE assent.takeovers (
    run_id TEXT PRIMARY KEY,
    count INTEGER NOT NULL,
    updated_at TIMESTAMPTZ NOT NULL,
    taken_at TIMESTAMPTZ NOT NULL
);
