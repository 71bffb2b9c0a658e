-- How many attempts at a step failed: those count for how often it is tried, and not what a crash of ours cut off.

ALTER TABLE assent.steps ADD COLUMN failures INTEGER NOT NULL DEFAULT 0;

UPDATE assent.steps SET failures = CASE state WHEN 'dispatched' THEN attempt - 1 ELSE attempt END
WHERE attempt > 0 AND state IN ('deciding', 'deferred', 'awaiting_approval', 'dispatched', 'unknown');
