# METADATA
# title: What a review may do
# description: Everything that is not granted here is denied. A grant says that no more than this process needs is asked for.
# custom:
#   owner: lena.brandt
package policies.process.contract_review.grants

reads := {
	"matters.get_matter",
	"documents.get_contract",
	"library.find_precedents",
	"library.check_citations",
	"summariser.summarise",
}

writes := {
	"notes.draft_note",
	"notes.release_note",
	"notes.withdraw_note",
	"matters.flag_items",
	"matters.create_task",
	"matters.log_entry",
	"billing.record_fee",
}

action := concat(".", [input.action.system, input.action.operation])

# METADATA
# title: A review may be started
# labels:
#   control: REV-01
allow contains finding if {
	input.kind == "plan"
	finding := {
		"code": "REVIEW_PLANNED",
		"message": "a review may be started",
		"control": "REV-01",
		"rule": "A review may be started",
	}
}

# METADATA
# title: A review may read
# labels:
#   control: REV-02
allow contains finding if {
	input.kind == "action"
	input.action.effect == "read"
	action in reads
	finding := {
		"code": "REVIEW_READS",
		"message": "a review may read this",
		"control": "REV-02",
		"rule": "A review may read",
	}
}

# METADATA
# title: A review may change its own records
# labels:
#   control: REV-03
allow contains finding if {
	input.kind == "action"
	input.action.effect == "write"
	action in writes
	finding := {
		"code": "REVIEW_WRITES",
		"message": "a review may change this",
		"control": "REV-03",
		"rule": "A review may change its own records",
	}
}

# METADATA
# title: A draft may know how the client wants its notes
# labels:
#   control: REV-11
allow contains finding if {
	input.kind == "action"
	action == "memory.recall"
	input.memory.class == "client_preferences"
	finding := {
		"code": "PREFERENCES_RECALLED",
		"message": "a draft may know how the client wants its notes",
		"control": "REV-11",
		"rule": "A draft may know how the client wants its notes",
	}
}

# METADATA
# title: A review may write to the client once, with what was released
# labels:
#   control: REV-04
allow contains finding if {
	input.kind == "action"
	action == "email.send"
	released
	not sent_before
	finding := {
		"code": "REVIEW_LETTER",
		"message": "a review may write to the client once, with what was released",
		"control": "REV-04",
		"rule": "A review may write to the client once, with what was released",
	}
}

released if {
	some step in input.run.steps
	step.action == "notes.release_note"
	step.state == "succeeded"
}

# In a forecast no step has been taken yet: what comes before it is for the plan's own rules (sequence.rego).
released if "/attachment" in input.action.unknown

sent_before if {
	some step in input.run.steps
	step.action == "email.send"
	step.state in {"succeeded", "unknown", "dispatched"}
	not step.id == input.step.id
}

# METADATA
# title: The work of a review passes between its agents
# description: As agents/*.yaml declare it; no plan passes it otherwise.
# labels:
#   control: REV-10
allow contains finding if {
	input.kind == "handoff"
	input.handoff.to in data.catalogue.agents[input.handoff.from].hands_over_to
	finding := {
		"code": "REVIEW_HANDED_OVER",
		"message": "the one agent hands over to the other",
		"control": "REV-10",
		"rule": "The work of a review passes between its agents",
	}
}
