-- The runs that have something to do; a test compares it with store/tables.py.

CREATE INDEX runs_at_work ON assent.runs (tenant) WHERE state IN ('planned', 'running', 'stopping');
