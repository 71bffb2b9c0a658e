CREATE TABLE assent.stops (
    tenant TEXT NOT NULL,
    id TEXT NOT NULL,
    scope TEXT NOT NULL,
    value TEXT NOT NULL,
    reason TEXT NOT NULL,
    created_by TEXT NOT NULL,
    created_at TIMESTAMPTZ NOT NULL,
    request_id TEXT,
    lifted_by TEXT,
    lifted_at TIMESTAMPTZ,
    lift_reason TEXT,
    lift_request_id TEXT,
    PRIMARY KEY (id),
    UNIQUE (tenant, created_by, request_id)
);

CREATE INDEX stops_open ON assent.stops (tenant) WHERE lifted_at IS NULL;

-- What is in force for a tenant, read by the transaction that commits a decision. One call, because it is on the way of
-- every action; a function, because the order matters: the lock first, and then a statement with a snapshot of its own,
-- which sees whatever was committed by whoever held the lock before. The number is governance/barrier.py's.

CREATE FUNCTION assent.stops_in_force(for_tenant TEXT) RETURNS SETOF assent.stops LANGUAGE plpgsql VOLATILE AS $$
BEGIN
    PERFORM pg_advisory_xact_lock_shared(495874699379);
    RETURN QUERY
        SELECT * FROM assent.stops WHERE lifted_at IS NULL AND (tenant = for_tenant OR scope = 'all') ORDER BY created_at, id;
END
$$;

-- Who stopped what, and who lifted it, stays as it was written.

CREATE FUNCTION assent.refuse_stop_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION USING
        ERRCODE = 'insufficient_privilege',
        MESSAGE = 'a stop is made once and lifted once: ' || TG_OP || ' refused';
END
$$;

CREATE TRIGGER stops_stay BEFORE DELETE OR TRUNCATE ON assent.stops
    FOR EACH STATEMENT EXECUTE FUNCTION assent.refuse_stop_change();

CREATE TRIGGER stops_are_lifted_once BEFORE UPDATE ON assent.stops
    FOR EACH ROW WHEN (
        OLD.lifted_at IS NOT NULL
        OR (NEW.tenant, NEW.id, NEW.scope, NEW.value, NEW.reason, NEW.created_by, NEW.created_at)
            IS DISTINCT FROM (OLD.tenant, OLD.id, OLD.scope, OLD.value, OLD.reason, OLD.created_by, OLD.created_at)
    ) EXECUTE FUNCTION assent.refuse_stop_change();
