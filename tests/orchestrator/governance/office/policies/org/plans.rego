# METADATA
# title: What plans may be, looked at as a whole
package policies.org.plans

import data.assent.lib.plan

allow contains {"code": "OFFICE_PLAN"} if {
	input.kind == "plan"
	not closed
}

closed if input.inputs.closed == true

deny contains {"code": "WRITE_BEFORE_REVIEW", "control": "ORG-01"} if {
	input.kind == "plan"
	some write in plan.doing("crm.update")
	count(plan.before(write) & plan.doing("desk.review")) == 0
}

deny contains {"code": "TOO_MANY_EMAILS", "control": "ORG-02"} if {
	input.kind == "plan"
	count(plan.doing("email.send")) > 3
}

deny contains {"code": "CONFIDENTIAL_FLOWS_TO_DESK", "control": "ORG-03"} if {
	input.kind == "plan"
	count(plan.carrying("confidential") & plan.doing("desk.review")) > 0
}
