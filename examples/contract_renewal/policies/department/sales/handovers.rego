# METADATA
# title: What agents hand over
# description: Who hands over to whom is in agents/*.yaml. Here is what does not pass in sales' processes and to its agents.
# custom:
#   owner: data-protection
package policies.department.sales.handovers

# METADATA
# title: Confidential values are not handed to whoever writes to customers
# description: What does not reach them cannot leave by them.
# labels:
#   control: PRV-05
deny contains finding if {
	input.kind == "handoff"
	"confidential" in input.handoff.passes.labels
	writes_outside
	finding := {
		"code": "CONFIDENTIAL_MUST_NOT_PASS",
		"message": "confidential values are part of what would be handed over",
		"control": "PRV-05",
		"rule": "Confidential values are not handed to whoever writes to customers",
	}
}

writes_outside if {
	some action in data.catalogue.agents[input.handoff.to].may
	split(action, ".")[0] in data.settings.outbound.systems
}

# Nobody knows by whom it would leave.
writes_outside if not data.settings.outbound
