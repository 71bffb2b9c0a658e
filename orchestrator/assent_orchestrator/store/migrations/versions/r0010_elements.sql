-- The elements of lists that steps are done for; a test compares it with store/tables.py.

CREATE TABLE assent.elements (
    run_id TEXT NOT NULL REFERENCES assent.runs (id) ON DELETE CASCADE,
    step_id TEXT NOT NULL,
    element JSONB,
    labels JSONB NOT NULL,
    PRIMARY KEY (run_id, step_id)
);

CREATE INDEX steps_of_items ON assent.steps (run_id, origin, item) WHERE item IS NOT NULL;
