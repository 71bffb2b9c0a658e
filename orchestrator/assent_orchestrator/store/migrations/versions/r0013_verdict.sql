-- The verdict of a step's newest decision, without the decision; a test compares it with store/tables.py.

ALTER TABLE assent.steps
    ADD COLUMN verdict TEXT GENERATED ALWAYS AS ((decision -> 'decision') ->> 'verdict') STORED;
