-- Of what ledgers and memory less passes with work between agents; a test compares it with store/handoff_tables.py.

ALTER TABLE assent.handoffs ADD COLUMN entrusts JSONB NOT NULL DEFAULT '[]'::JSONB;
