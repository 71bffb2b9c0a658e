-- Items of a step, the undoing of steps, and runs that undo what they did; a test compares it with store/tables.py.

ALTER TABLE assent.steps
    ADD COLUMN origin TEXT,
    ADD COLUMN item INTEGER,
    ADD COLUMN undo BOOLEAN NOT NULL DEFAULT false;

ALTER TABLE assent.runs
    ADD COLUMN compensate BOOLEAN NOT NULL DEFAULT false,
    ADD COLUMN not_undone TEXT[];
