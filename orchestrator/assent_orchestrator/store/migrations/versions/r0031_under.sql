-- What services that act as agents are permitted under the permits that they were called with; a test compares it with
-- store/tables.py.

ALTER TABLE assent.permits ADD COLUMN run_id TEXT;
ALTER TABLE assent.permits ADD COLUMN step_id TEXT;
ALTER TABLE assent.permits ADD COLUMN parent_id TEXT;
ALTER TABLE assent.permits ADD COLUMN depth INTEGER NOT NULL DEFAULT 0;
ALTER TABLE assent.permits ADD COLUMN footing JSONB;

CREATE INDEX permits_under ON assent.permits (parent_id) WHERE parent_id IS NOT NULL;
CREATE INDEX permits_by_run ON assent.permits (run_id) WHERE run_id IS NOT NULL;
