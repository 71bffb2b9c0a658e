-- Systems that failed a tenant, shared by all servers; a test compares it with store/tables.py.

CREATE TABLE assent.circuits (
    tenant TEXT NOT NULL,
    system TEXT NOT NULL,
    failures INTEGER NOT NULL,
    since TIMESTAMPTZ,
    open_until TIMESTAMPTZ,
    probe_until TIMESTAMPTZ,
    PRIMARY KEY (tenant, system)
);
