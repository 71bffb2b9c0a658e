# METADATA
# title: What agents hand over
# description: Who hands over to whom is in agents/*.yaml. Here is what does not pass in legal's processes and to its agents.
# custom:
#   owner: carmen.diaz
package policies.department.legal.handovers

# METADATA
# title: Privileged text is not handed to whoever writes to clients
# description: What does not reach them cannot leave by them.
# labels:
#   control: PRV-14
deny contains finding if {
	input.kind == "handoff"
	"privileged" in input.handoff.passes.labels
	writes_outside
	finding := {
		"code": "PRIVILEGED_MUST_NOT_PASS",
		"message": "privileged values are part of what would be handed over",
		"control": "PRV-14",
		"rule": "Privileged text is not handed to whoever writes to clients",
	}
}

writes_outside if {
	some action in data.catalogue.agents[input.handoff.to].may
	action in data.settings.leaving.actions
}

# Nobody knows by whom it would leave.
writes_outside if not data.settings.leaving
