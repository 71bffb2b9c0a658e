# METADATA
# title: Who may suggest how a review is done
# description: |
#   A suggestion changes nothing: it is put before the owner of the process, and only a new bundle adopts it. What is refused here is
#   not even put before them. The order that every plan must have (sequence.rego) holds for what is suggested, too.
# custom:
#   owner: lena.brandt
package policies.process.contract_review.suggestions

# METADATA
# title: Planners and the owner may suggest how a review is done
# labels:
#   control: REV-07
allow contains finding if {
	input.kind == "amendment"
	suggesting
	finding := {
		"code": "REVIEW_SUGGESTION",
		"message": "this may be put before the owner of the process",
		"control": "REV-07",
		"rule": "Planners and the owner may suggest how a review is done",
	}
}

# METADATA
# title: Nobody but the owner makes up a step
# description: A planner orders, leaves out and chooses among what people wrote.
# labels:
#   control: REV-08
deny contains finding if {
	input.kind == "amendment"
	not owner
	count(input.amendment.added) > 0
	finding := {
		"code": "STEP_MADE_UP",
		"message": "a step that is in no process is suggested by its owner, or by nobody",
		"control": "REV-08",
		"rule": "Nobody but the owner makes up a step",
	}
}

# METADATA
# title: No review without its log
# description: What is not logged cannot be shown to whoever asks the firm; the owner has no say in it either.
# labels:
#   control: REV-09
deny contains finding if {
	input.kind == "amendment"
	not logged
	finding := {
		"code": "LOG_NEEDED",
		"message": "a review that is not logged is no review",
		"control": "REV-09",
		"rule": "No review without its log",
	}
}

suggesting if "planner" in input.principal.roles

suggesting if owner

owner if input.principal.id == input.process.owner

logged if {
	some step in input.plan.steps
	step.action.system == "matters"
	step.action.operation == "log_entry"
}
