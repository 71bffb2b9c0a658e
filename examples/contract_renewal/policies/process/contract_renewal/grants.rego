# METADATA
# title: What a renewal may do
# description: Everything that is not granted here is denied. A grant says that no more than this process needs is asked for.
# custom:
#   owner: head-of-renewals
package policies.process.contract_renewal.grants

reads := {
	"erp.get_contract",
	"product_analytics.get_usage",
	"product_analytics.assess_renewal",
	"support.get_satisfaction",
}

writes := {
	"cpq.create_proposal",
	"cpq.withdraw_proposal",
	"crm.update_renewal",
	"crm.reopen_renewal",
	"tasks.create_task",
	"tasks.notify",
}

action := concat(".", [input.action.system, input.action.operation])

# METADATA
# title: A renewal may be started
# labels:
#   control: REN-01
allow contains finding if {
	input.kind == "plan"
	finding := {
		"code": "RENEWAL_PLANNED",
		"message": "a renewal may be started",
		"control": "REN-01",
		"rule": "A renewal may be started",
	}
}

# METADATA
# title: A renewal may look things up
# labels:
#   control: REN-02
allow contains finding if {
	input.kind == "action"
	input.action.effect == "read"
	action in reads
	finding := {
		"code": "RENEWAL_READS",
		"message": "a renewal may look this up",
		"control": "REN-02",
		"rule": "A renewal may look things up",
	}
}

# METADATA
# title: A renewal may change its own records
# labels:
#   control: REN-03
allow contains finding if {
	input.kind == "action"
	input.action.effect == "write"
	action in writes
	finding := {
		"code": "RENEWAL_WRITES",
		"message": "a renewal may change this",
		"control": "REN-03",
		"rule": "A renewal may change its own records",
	}
}

# METADATA
# title: A renewal may write to the customer once
# labels:
#   control: REN-04
allow contains finding if {
	input.kind == "action"
	action == "email.send"
	not sent_before
	finding := {
		"code": "RENEWAL_LETTER",
		"message": "a renewal may write to the customer once",
		"control": "REN-04",
		"rule": "A renewal may write to the customer once",
	}
}

sent_before if {
	some step in input.run.steps
	step.action == "email.send"
	step.state in {"succeeded", "unknown", "dispatched"}
	not step.id == input.step.id
}

# METADATA
# title: The work of a renewal passes between its agents
# description: As agents/*.yaml declare it; no plan passes it otherwise.
# labels:
#   control: REN-09
allow contains finding if {
	input.kind == "handoff"
	input.handoff.to in data.catalogue.agents[input.handoff.from].hands_over_to
	finding := {
		"code": "RENEWAL_HANDED_OVER",
		"message": "the one agent hands over to the other",
		"control": "REN-09",
		"rule": "The work of a renewal passes between its agents",
	}
}
