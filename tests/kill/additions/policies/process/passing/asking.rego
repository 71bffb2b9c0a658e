# METADATA
# title: Work passes to colleagues when a person lets it
# custom:
#   owner: head-of-renewals
package policies.process.passing.asking

# METADATA
# title: A director lets work pass
# labels:
#   control: KILL-04
require_approval contains finding if {
	input.kind == "handoff"
	input.handoff.to == "coordinator"
	finding := {
		"code": "ASKED_TO_PASS",
		"control": "KILL-04",
		"approval": {"stages": [{"role": "sales_director"}], "expires_in": "72h"},
	}
}
