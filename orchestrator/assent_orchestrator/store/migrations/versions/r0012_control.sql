-- Runs that were paused, and runs that have a deadline; a test compares it with store/tables.py.

ALTER TABLE assent.runs
    ADD COLUMN paused_by TEXT,
    ADD COLUMN paused_at TIMESTAMPTZ,
    ADD COLUMN pause_reason TEXT,
    ADD COLUMN resumed_at TIMESTAMPTZ,
    ADD COLUMN deadline_at TIMESTAMPTZ,
    ADD COLUMN on_deadline TEXT;
