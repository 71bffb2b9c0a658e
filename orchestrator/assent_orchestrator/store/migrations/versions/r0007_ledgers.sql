-- What is counted, exactly: 29 digits before the point and nine behind; a test compares it with store/tables.py.

CREATE TABLE assent.balances (
    tenant TEXT NOT NULL,
    ledger TEXT NOT NULL,
    key TEXT NOT NULL,
    period TEXT NOT NULL,
    spent NUMERIC(38, 9) NOT NULL DEFAULT 0 CHECK (spent >= 0),
    reserved NUMERIC(38, 9) NOT NULL DEFAULT 0 CHECK (reserved >= 0),
    held NUMERIC(38, 9) NOT NULL DEFAULT 0 CHECK (held >= 0),
    changed_at TIMESTAMPTZ,
    PRIMARY KEY (tenant, ledger, key, period)
) WITH (fillfactor = 50);

CREATE TABLE assent.reservations (
    effect_key TEXT NOT NULL,
    ledger TEXT NOT NULL,
    tenant TEXT NOT NULL,
    key TEXT NOT NULL,
    period TEXT NOT NULL,
    run_id TEXT,
    step_id TEXT NOT NULL,
    agent TEXT NOT NULL,
    state TEXT NOT NULL,
    amount NUMERIC(38, 9) NOT NULL,
    most NUMERIC(38, 9) NOT NULL,
    spent NUMERIC(38, 9),
    parts JSONB NOT NULL,
    reserved_at TIMESTAMPTZ NOT NULL,
    settled_at TIMESTAMPTZ,
    PRIMARY KEY (effect_key, ledger)
);

CREATE INDEX reservations_by_ledger ON assent.reservations (tenant, ledger, reserved_at DESC, effect_key);

ALTER TABLE assent.effects ADD COLUMN reserves BOOLEAN NOT NULL DEFAULT FALSE;
ALTER TABLE assent.permits ADD COLUMN reserves BOOLEAN NOT NULL DEFAULT FALSE;
