-- The delegations in force of one giver, to one taker or to all; a test compares it with store/tables.py.

CREATE INDEX delegations_given ON assent.delegations (tenant, giver, taker) WHERE revoked_at IS NULL;
