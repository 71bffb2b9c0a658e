-- What holds an approval together: who answered in which role, what was changed, what time did; a test compares it with
-- store/tables.py.

ALTER TABLE assent.approvals
    ADD COLUMN kind TEXT NOT NULL DEFAULT 'action',
    ADD COLUMN about TEXT,
    ADD COLUMN rungs INTEGER NOT NULL DEFAULT 0,
    ADD COLUMN reminders INTEGER NOT NULL DEFAULT 0,
    ADD COLUMN extended BOOLEAN NOT NULL DEFAULT false,
    ADD COLUMN due_at TIMESTAMP WITH TIME ZONE;

DROP INDEX assent.approvals_open;
CREATE UNIQUE INDEX approvals_open ON assent.approvals (run_id, step_id, kind)
    WHERE state IN ('pending', 'approved') AND kind != 'review';
CREATE INDEX approvals_due ON assent.approvals (due_at) WHERE state = 'pending';

ALTER TABLE assent.answers
    ADD COLUMN number INTEGER,
    ADD COLUMN stands_for TEXT,
    ADD COLUMN role TEXT,
    ADD COLUMN action_digest TEXT,
    ADD COLUMN edits JSONB,
    ADD COLUMN break_glass BOOLEAN NOT NULL DEFAULT false,
    ADD COLUMN withdrawn_at TIMESTAMP WITH TIME ZONE;

UPDATE assent.answers AS given
SET number = counted.number, role = asked.requirement -> 'stages' -> given.stage ->> 'role',
    action_digest = asked.action_digest
FROM assent.approvals AS asked,
    (SELECT approval_id, stage, approver,
            row_number() OVER (PARTITION BY approval_id ORDER BY answered_at, stage, approver) AS number
     FROM assent.answers) AS counted
WHERE asked.id = given.approval_id
  AND (counted.approval_id, counted.stage, counted.approver) = (given.approval_id, given.stage, given.approver);

ALTER TABLE assent.answers
    ALTER COLUMN number SET NOT NULL,
    ALTER COLUMN role SET NOT NULL,
    ALTER COLUMN action_digest SET NOT NULL,
    DROP CONSTRAINT answers_pkey,
    ADD PRIMARY KEY (approval_id, number);
CREATE UNIQUE INDEX answers_once ON assent.answers (approval_id, stage, approver) WHERE withdrawn_at IS NULL;
