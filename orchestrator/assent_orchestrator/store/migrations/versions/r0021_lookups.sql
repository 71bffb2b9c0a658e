-- What is looked for every few minutes, or at every attempt, however many runs are kept that are over.

CREATE INDEX runs_unfinished ON assent.runs (id) WHERE finished_at IS NULL;
CREATE INDEX runs_by_end ON assent.runs (finished_at) WHERE finished_at IS NOT NULL;
CREATE INDEX approvals_by_step ON assent.approvals (run_id, step_id);
CREATE INDEX reservations_by_run ON assent.reservations (run_id) WHERE run_id IS NOT NULL;
