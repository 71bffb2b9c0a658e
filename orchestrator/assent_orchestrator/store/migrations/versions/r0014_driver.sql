-- Which server drives a run; a test compares it with store/tables.py.

ALTER TABLE assent.runs
    ADD COLUMN driver TEXT;
