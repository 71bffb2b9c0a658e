-- Whose policies: until now those of the server itself, for all tenants.

ALTER TABLE assent.activations ADD COLUMN home TEXT NOT NULL DEFAULT 'local';
ALTER TABLE assent.activations ALTER COLUMN home DROP DEFAULT;

DROP INDEX assent.activations_by_revision;
CREATE INDEX activations_by_revision ON assent.activations (home, revision, number DESC);

ALTER TABLE assent.shadows ADD COLUMN home TEXT NOT NULL DEFAULT 'local';
ALTER TABLE assent.shadows ALTER COLUMN home DROP DEFAULT;

ALTER TABLE assent.shadows DROP CONSTRAINT shadows_running_key;
ALTER TABLE assent.shadows ADD CONSTRAINT shadows_home_running_key UNIQUE (home, running);
