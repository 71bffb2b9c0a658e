# METADATA
# title: What is told in confidence leaves with nobody
# description: |
#   Holds for every department, process and agent. By which actions something leaves is in data/leaving.yaml, which no
#   department can say otherwise; where that does not say it, each of them might be one.
# custom:
#   owner: carmen.diaz
package policies.org.privileged

import data.assent.lib.labels
import data.assent.lib.plan

leaves(_, _) if not usable

leaves(system, operation) if concat(".", [system, operation]) in data.settings.leaving.actions

usable if {
	is_array(data.settings.leaving.actions)
	count(data.settings.leaving.actions) > 0
}

# METADATA
# title: Privileged text does not leave
# description: What the firm told one client is that client's, also where it would help another one.
# labels:
#   control: PRV-11
deny contains finding if {
	input.kind == "action"
	labels.any_carries({"privileged"})
	leaves(input.action.system, input.action.operation)
	finding := {
		"code": "PRIVILEGED_MUST_NOT_LEAVE",
		"message": "privileged text is part of what would leave",
		"control": "PRV-11",
		"rule": "Privileged text does not leave",
	}
}

# METADATA
# title: No plan sends privileged text
# description: The same, said of the whole plan before its first step.
# labels:
#   control: PRV-11
deny contains finding if {
	input.kind == "plan"
	some step in input.plan.steps
	step.id in plan.carrying("privileged")
	leaves(step.action.system, step.action.operation)
	finding := {
		"code": "PRIVILEGED_MUST_NOT_LEAVE",
		"message": "the plan brings privileged text to a step by which it would leave",
		"control": "PRV-11",
		"rule": "No plan sends privileged text",
	}
}
