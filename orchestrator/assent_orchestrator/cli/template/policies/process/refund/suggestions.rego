# METADATA
# title: Who may suggest how a refund is done
# description: |
#   A suggestion changes nothing: it is put before the owner of the process, and only a new bundle adopts it.
# custom:
#   owner: head-of-service
package policies.process.refund.suggestions

# METADATA
# title: Planners and the owner may suggest how a refund is done
# labels:
#   control: SRV-03
allow contains finding if {
	input.kind == "amendment"
	suggesting
	finding := {
		"code": "REFUND_SUGGESTION",
		"message": "this may be put before the owner of the process",
		"control": "SRV-03",
		"rule": "Planners and the owner may suggest how a refund is done",
	}
}

# METADATA
# title: Nobody but the owner makes up a step
# labels:
#   control: SRV-04
deny contains finding if {
	input.kind == "amendment"
	not owner
	count(input.amendment.added) > 0
	finding := {
		"code": "STEP_MADE_UP",
		"message": "a step that is in no process is suggested by its owner, or by nobody",
		"control": "SRV-04",
		"rule": "Nobody but the owner makes up a step",
	}
}

suggesting if "planner" in input.principal.roles

suggesting if owner

owner if input.principal.id == input.process.owner
