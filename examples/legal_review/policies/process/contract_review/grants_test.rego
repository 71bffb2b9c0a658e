package policies.process.contract_review.grants_test

import data.policies.process.contract_review.grants

action(system, operation, effect) := {
	"kind": "action",
	"step": {"id": "here"},
	"run": {"steps": []},
	"action": {"system": system, "operation": operation, "effect": effect, "unknown": []},
}

codes(question) := {finding.code | some finding in grants.allow with input as question}

letter(steps) := object.union(action("email", "send", "irreversible"), {"run": {"steps": steps}})

release := {"id": "release", "action": "notes.release_note", "state": "succeeded"}

test_a_review_may_be_started if {
	codes({"kind": "plan"}) == {"REVIEW_PLANNED"}
}

test_what_the_process_needs_is_granted[name] if {
	some name, expected in {
		"matters.get_matter": ["read", "REVIEW_READS"],
		"documents.get_contract": ["read", "REVIEW_READS"],
		"library.find_precedents": ["read", "REVIEW_READS"],
		"library.check_citations": ["read", "REVIEW_READS"],
		"summariser.summarise": ["read", "REVIEW_READS"],
		"notes.draft_note": ["write", "REVIEW_WRITES"],
		"notes.release_note": ["write", "REVIEW_WRITES"],
		"notes.withdraw_note": ["write", "REVIEW_WRITES"],
		"matters.flag_items": ["write", "REVIEW_WRITES"],
		"matters.create_task": ["write", "REVIEW_WRITES"],
		"matters.log_entry": ["write", "REVIEW_WRITES"],
		"billing.record_fee": ["write", "REVIEW_WRITES"],
	}
	[system, operation] := split(name, ".")
	codes(action(system, operation, expected[0])) == {expected[1]}
}

test_a_draft_may_know_what_the_client_wants if {
	recalled := object.union(action("memory", "recall", "read"), {"memory": {"class": "client_preferences"}})
	codes(recalled) == {"PREFERENCES_RECALLED"}
	codes(object.union(recalled, {"memory": {"class": "run_state"}})) == set()
}

test_nothing_else_is_granted[name] if {
	some name, question in {
		"another_operation": action("documents", "delete_contract", "write"),
		"another_system": action("payroll", "get_salary", "read"),
		"a_read_that_writes": action("documents", "get_contract", "write"),
		"another_kind": object.union(letter([release]), {"kind": "memory"}),
	}
	codes(question) == set()
}

test_what_was_released_may_be_sent if {
	codes(letter([release])) == {"REVIEW_LETTER"}
}

test_what_was_not_released_may_not[state] if {
	some state in ["pending", "awaiting_approval", "denied", "failed"]
	codes(letter([object.union(release, {"state": state})])) == set()
}

test_a_second_letter_is_not_granted[state] if {
	some state in ["succeeded", "unknown", "dispatched"]
	codes(letter([release, {"id": "deliver", "action": "email.send", "state": state}])) == set()
}

test_the_letter_may_be_tried_again_by_its_own_step if {
	codes(letter([release, {"id": "here", "action": "email.send", "state": "dispatched"}])) == {"REVIEW_LETTER"}
}

test_a_forecast_does_not_know_yet_what_is_released if {
	unknown := json.patch(letter([]), [{"op": "replace", "path": "/action/unknown", "value": ["/attachment"]}])
	codes(unknown) == {"REVIEW_LETTER"}
}

agents := {"one": {"hands_over_to": ["other"]}, "other": {"hands_over_to": []}}

passing(source, target) := {found.code |
	question := {"kind": "handoff", "handoff": {"from": source, "to": target}}
	some found in grants.allow with input as question with data.catalogue.agents as agents
}

test_work_passes_as_the_agents_have_it if {
	passing("one", "other") == {"REVIEW_HANDED_OVER"}
}

test_work_passes_in_no_other_way[name] if {
	some name, edge in {"back": ["other", "one"], "to_nobody": ["one", "ghost"], "from_nobody": ["ghost", "one"]}
	passing(edge[0], edge[1]) == set()
}
