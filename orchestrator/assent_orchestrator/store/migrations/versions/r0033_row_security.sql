-- Whose transactions are made in the name of a tenant sees and writes that tenant's rows alone, whatever is asked: see
-- store/engine.py. The owner of the tables, as whom the server does its own work, sees all; so does pg_dump.
--
-- A table that is made later brings its own policy along; a test says so.

ALTER TABLE assent.runs ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON assent.runs USING (tenant = current_setting('assent.tenant', TRUE));

ALTER TABLE assent.circuits ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON assent.circuits USING (tenant = current_setting('assent.tenant', TRUE));

ALTER TABLE assent.approvals ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON assent.approvals USING (tenant = current_setting('assent.tenant', TRUE));

ALTER TABLE assent.delegations ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON assent.delegations USING (tenant = current_setting('assent.tenant', TRUE));

ALTER TABLE assent.permits ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON assent.permits USING (tenant = current_setting('assent.tenant', TRUE));

ALTER TABLE assent.requests ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON assent.requests USING (tenant = current_setting('assent.tenant', TRUE));

ALTER TABLE assent.notices ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON assent.notices USING (tenant = current_setting('assent.tenant', TRUE));

ALTER TABLE assent.trail ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON assent.trail USING (tenant = current_setting('assent.tenant', TRUE));

ALTER TABLE assent.heads ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON assent.heads USING (tenant = current_setting('assent.tenant', TRUE));

ALTER TABLE assent.balances ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON assent.balances USING (tenant = current_setting('assent.tenant', TRUE));

ALTER TABLE assent.reservations ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON assent.reservations USING (tenant = current_setting('assent.tenant', TRUE));

ALTER TABLE assent.amendments ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON assent.amendments USING (tenant = current_setting('assent.tenant', TRUE));

ALTER TABLE assent.shadow_counts ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON assent.shadow_counts USING (tenant = current_setting('assent.tenant', TRUE));

ALTER TABLE assent.shadow_differences ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON assent.shadow_differences USING (tenant = current_setting('assent.tenant', TRUE));

ALTER TABLE assent.memories ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON assent.memories USING (tenant = current_setting('assent.tenant', TRUE));

ALTER TABLE assent.subjects ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON assent.subjects USING (tenant = current_setting('assent.tenant', TRUE));

ALTER TABLE assent.holds ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON assent.holds USING (tenant = current_setting('assent.tenant', TRUE));

ALTER TABLE assent.receipts ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON assent.receipts USING (tenant = current_setting('assent.tenant', TRUE));

-- What belongs to a run or an approval is seen by who sees that.

ALTER TABLE assent.steps ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON assent.steps USING (
    EXISTS (
        SELECT FROM assent.runs AS whole
        WHERE whole.id = steps.run_id AND whole.tenant = current_setting('assent.tenant', TRUE)
    )
);

ALTER TABLE assent.elements ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON assent.elements USING (
    EXISTS (
        SELECT FROM assent.runs AS whole
        WHERE whole.id = elements.run_id AND whole.tenant = current_setting('assent.tenant', TRUE)
    )
);

ALTER TABLE assent.handoffs ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON assent.handoffs USING (
    EXISTS (
        SELECT FROM assent.runs AS whole
        WHERE whole.id = handoffs.run_id AND whole.tenant = current_setting('assent.tenant', TRUE)
    )
);

ALTER TABLE assent.effects ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON assent.effects USING (
    EXISTS (
        SELECT FROM assent.runs AS whole
        WHERE whole.id = effects.run_id AND whole.tenant = current_setting('assent.tenant', TRUE)
    )
);

ALTER TABLE assent.takeovers ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON assent.takeovers USING (
    EXISTS (
        SELECT FROM assent.runs AS whole
        WHERE whole.id = takeovers.run_id AND whole.tenant = current_setting('assent.tenant', TRUE)
    )
);

ALTER TABLE assent.answers ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON assent.answers USING (
    EXISTS (
        SELECT FROM assent.approvals AS whole
        WHERE whole.id = answers.approval_id AND whole.tenant = current_setting('assent.tenant', TRUE)
    )
);

ALTER TABLE assent.openings ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON assent.openings USING (
    EXISTS (
        SELECT FROM assent.approvals AS whole
        WHERE whole.id = openings.approval_id AND whole.tenant = current_setting('assent.tenant', TRUE)
    )
);

-- A stop for all tenants holds up, and is shown to, all of them; whoever may lift it does so from any.

ALTER TABLE assent.stops ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON assent.stops USING (tenant = current_setting('assent.tenant', TRUE));
CREATE POLICY for_all ON assent.stops FOR SELECT USING (scope = 'all');
CREATE POLICY lifted_for_all ON assent.stops FOR UPDATE USING (scope = 'all');

-- Activations, bundles and what is tried beside them have none: callers do not reach them at all, see store/role.py.
