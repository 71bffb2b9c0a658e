# METADATA
# title: Who may suggest how a renewal is done
# description: |
#   A suggestion changes nothing: it is put before the owner of the process, and only a new bundle adopts it. What is refused here is
#   not even put before them.
# custom:
#   owner: head-of-renewals
package policies.process.contract_renewal.suggestions

# METADATA
# title: Planners and the owner may suggest how a renewal is done
# labels:
#   control: REN-07
allow contains finding if {
	input.kind == "amendment"
	suggesting
	finding := {
		"code": "RENEWAL_SUGGESTION",
		"message": "this may be put before the owner of the process",
		"control": "REN-07",
		"rule": "Planners and the owner may suggest how a renewal is done",
	}
}

# METADATA
# title: Nobody but the owner makes up a step
# description: A planner orders, leaves out and chooses among what people wrote.
# labels:
#   control: REN-08
deny contains finding if {
	input.kind == "amendment"
	not owner
	count(input.amendment.added) > 0
	finding := {
		"code": "STEP_MADE_UP",
		"message": "a step that is in no process is suggested by its owner, or by nobody",
		"control": "REN-08",
		"rule": "Nobody but the owner makes up a step",
	}
}

suggesting if "planner" in input.principal.roles

suggesting if owner

owner if input.principal.id == input.process.owner
