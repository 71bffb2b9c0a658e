-- Who opened a question when, and the questions of a tenant by time; a test compares it with store/tables.py.

CREATE TABLE assent.openings (
    approval_id TEXT NOT NULL REFERENCES assent.approvals (id),
    person TEXT NOT NULL,
    opened_at TIMESTAMP WITH TIME ZONE NOT NULL,
    PRIMARY KEY (approval_id, person)
);

CREATE INDEX approvals_asked ON assent.approvals (tenant, requested_at, id);
