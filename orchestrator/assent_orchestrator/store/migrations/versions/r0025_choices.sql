-- What a person chose for a step that failed or is unknown; a test compares it with store/tables.py.

ALTER TABLE assent.answers ADD COLUMN choice TEXT;

-- Steps of runs go on, several at once, with all that belongs to it: see audit/stride.py.
--
-- It looks first and writes only if everything still is as those who ask for it believe. It returns an empty array when
-- all is written; else nothing is: the numbers of the strides (from 0) that are not as they were, or NULL when it is the
-- trail that does not end where it was believed to.
--
-- A run that somebody else holds on to is not waited for: its strides are refused, so that the others need not wait.
--
-- Each statement in here has a snapshot of its own, so that what is read under a lock is what it is then.

CREATE OR REPLACE FUNCTION assent.stride(
    for_tenant TEXT, seen TEXT[], at TIMESTAMPTZ, strides JSONB,
    old_seq BIGINT, old_hash BYTEA, new_seq BIGINT, new_hash BYTEA,
    seqs BIGINT[], run_ids TEXT[], events TEXT[], times TIMESTAMPTZ[], records BYTEA[], hashes BYTEA[], channel TEXT
) RETURNS INTEGER[] LANGUAGE plpgsql VOLATILE AS $$
DECLARE
    concerned TEXT[] := ARRAY(SELECT DISTINCT value ->> 'run' FROM jsonb_array_elements(strides) ORDER BY 1);
    held TEXT[];
    held_up BOOLEAN := FALSE;
    refused INTEGER[] := '{}';
    number INTEGER;
    one JSONB;
    fits BOOLEAN;
    waits BOOLEAN;
BEGIN
    IF seen IS NOT NULL THEN
        held_up := (SELECT coalesce(array_agg(id ORDER BY id), '{}') FROM assent.stops_in_force(for_tenant)) <> seen;
    END IF;
    held := ARRAY(SELECT id FROM assent.runs WHERE id = ANY (concerned) ORDER BY id FOR UPDATE SKIP LOCKED);
    FOR one, number IN SELECT value, ordinality - 1 FROM jsonb_array_elements(strides) WITH ORDINALITY LOOP
        SELECT driver IS NOT DISTINCT FROM one ->> 'driver' AND state = 'running' AND paused_at IS NULL AND (
            one ->> 'status' <> 'intended'
            OR (NOT held_up AND cancel_requested IS NULL AND (deadline_at IS NULL OR deadline_at > at))
        ) INTO fits FROM assent.runs WHERE id = one ->> 'run' AND id = ANY (held);
        IF fits THEN
            SELECT TRUE INTO fits FROM assent.steps
            WHERE run_id = one ->> 'run' AND id = one ->> 'id'
                AND state = one ->> 'state' AND attempt = (one ->> 'attempt')::integer;
        END IF;
        IF fits AND one ->> 'status' = 'intended' THEN
            fits := NOT EXISTS (
                SELECT FROM assent.effects WHERE run_id = one ->> 'run' AND step_id = one ->> 'id'
            );
        ELSIF fits THEN
            SELECT TRUE INTO fits FROM assent.effects
            WHERE run_id = one ->> 'run' AND step_id = one ->> 'id' AND status = 'intended' AND NOT reserves;
            -- When nothing is left under way but what waits, the run begins to wait, which has a record of its own.
            SELECT bool_and(state IN ('awaiting_approval', 'awaiting_choice', 'deferred', 'unknown')) INTO waits
            FROM assent.steps
            WHERE run_id = one ->> 'run'
                AND state IN (
                    'awaiting_approval', 'awaiting_choice', 'deferred', 'unknown', 'deciding', 'dispatched', 'compensating'
                )
                AND id NOT IN (
                    SELECT value ->> 'id' FROM jsonb_array_elements(strides)
                    WHERE value ->> 'run' = one ->> 'run' AND value ->> 'status' <> 'intended'
                );
            fits := fits AND NOT coalesce(waits, FALSE);
        END IF;
        IF fits IS NOT TRUE THEN
            refused := refused || number;
        END IF;
    END LOOP;
    IF refused <> '{}' THEN
        RETURN refused;
    END IF;
    UPDATE assent.heads SET seq = new_seq, hash = new_hash
    WHERE tenant = for_tenant AND seq = old_seq AND hash = old_hash;
    IF NOT FOUND THEN
        RETURN NULL;
    END IF;
    UPDATE assent.runs SET updated_at = at WHERE id = ANY (concerned);
    FOR one IN SELECT value FROM jsonb_array_elements(strides) LOOP
        UPDATE assent.steps AS step SET (
            state, attempt, reason, message, decision, decision_id, output, labels, trace_id,
            not_before, started_at, finished_at
        ) = (
            SELECT state, attempt, reason, message, decision, decision_id, output, labels, trace_id,
                not_before, started_at, finished_at
            FROM jsonb_populate_record(step, one -> 'step')
        ) WHERE run_id = one ->> 'run' AND id = one ->> 'id';
        IF one ->> 'status' = 'intended' THEN
            INSERT INTO assent.effects
                (run_id, step_id, idempotency_key, action_digest, permit_id, attempt, status, intended_at)
            VALUES (
                one ->> 'run', one ->> 'id', one #>> '{effect,idempotency_key}', one #>> '{effect,action_digest}',
                one #>> '{effect,permit_id}', (one #>> '{step,attempt}')::integer, 'intended', at
            );
        ELSE
            UPDATE assent.effects SET status = one ->> 'status', settled_at = at
            WHERE run_id = one ->> 'run' AND step_id = one ->> 'id';
        END IF;
    END LOOP;
    INSERT INTO assent.trail (tenant, seq, run_id, event, recorded_at, record, hash)
    SELECT for_tenant, said.* FROM unnest(seqs, run_ids, events, times, records, hashes) AS said;
    PERFORM pg_notify(channel, told) FROM unnest(concerned) AS told;
    RETURN '{}';
END
$$;
