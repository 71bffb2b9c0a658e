-- For which steps people let work pass; a test compares it with store/handoff_tables.py.
-- What they let pass before holds for all of its run, as they were told then.

ALTER TABLE assent.handoffs
    ADD COLUMN takers TEXT[],
    DROP CONSTRAINT handoffs_pkey,
    ADD PRIMARY KEY (run_id, source, target, digest, revision, step_id);
