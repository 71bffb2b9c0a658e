-- Open approvals, reviews by what they are about, and notices to be forgotten; a test compares it with store/tables.py.

CREATE INDEX approvals_unsettled ON assent.approvals (tenant, requested_at, id) WHERE state IN ('pending', 'approved');
CREATE INDEX approvals_about ON assent.approvals (about) WHERE about IS NOT NULL;
CREATE INDEX notices_settled ON assent.notices (settled_at) WHERE settled_at IS NOT NULL;
