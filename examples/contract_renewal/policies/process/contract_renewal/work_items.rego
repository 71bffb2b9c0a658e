# METADATA
# title: Who says what follows when a renewal does not get on
# description: |
#   A step whose process asks a person (`on_failure: {ask: ...}`) is a work item of the inbox. What that person chooses is asked
#   about here like any action: what is not granted is denied.
# custom:
#   owner: head-of-renewals
package policies.process.contract_renewal.work_items

# METADATA
# title: A sales director says what follows
# labels:
#   control: REN-05
allow contains finding if {
	input.kind == "approval"
	input.work_item.role == "sales_director"
	input.work_item.choice in {"retry", "skip", "compensate"}
	finding := {
		"code": "DIRECTOR_CHOSE",
		"message": "a sales director may choose this",
		"control": "REN-05",
		"rule": "A sales director says what follows",
	}
}

# METADATA
# title: An offer that the customer has is not taken back behind their back
# labels:
#   control: REN-06
deny contains finding if {
	input.kind == "approval"
	input.work_item.choice == "compensate"
	written_to_customer
	finding := {
		"code": "CUSTOMER_HAS_THE_OFFER",
		"message": "the customer has the offer, or may have it: talk to them, and have the rest done",
		"control": "REN-06",
		"rule": "An offer that the customer has is not taken back behind their back",
	}
}

written_to_customer if {
	some step in input.run.steps
	step.action == "email.send"
	step.state in {"succeeded", "unknown", "dispatched"}
}
