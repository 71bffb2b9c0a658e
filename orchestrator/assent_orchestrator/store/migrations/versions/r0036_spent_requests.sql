-- The request ids by which something was remembered that is gone; a test compares it with store/memory_tables.py.

CREATE TABLE assent.spent_requests (
    tenant TEXT NOT NULL,
    created_by TEXT NOT NULL,
    request_id TEXT NOT NULL,
    gone_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT spent_requests_pkey PRIMARY KEY (tenant, created_by, request_id)
);

ALTER TABLE assent.spent_requests ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON assent.spent_requests USING (tenant = current_setting('assent.tenant', TRUE));
