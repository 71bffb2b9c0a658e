package policies.process.contract_renewal.grants_test

import data.policies.process.contract_renewal.grants

action(system, operation, effect) := {
	"kind": "action",
	"step": {"id": "here"},
	"run": {"steps": []},
	"action": {"system": system, "operation": operation, "effect": effect},
}

codes(question) := {finding.code | some finding in grants.allow with input as question}

letter := action("email", "send", "irreversible")

letter_after(id, state) := object.union(letter, {"run": {"steps": [{"id": id, "action": "email.send", "state": state}]}})

test_a_renewal_may_be_started if {
	codes({"kind": "plan"}) == {"RENEWAL_PLANNED"}
}

test_what_the_process_needs_is_granted[name] if {
	some name, expected in {
		"erp.get_contract": ["read", "RENEWAL_READS"],
		"support.get_satisfaction": ["read", "RENEWAL_READS"],
		"product_analytics.get_usage": ["read", "RENEWAL_READS"],
		"product_analytics.assess_renewal": ["read", "RENEWAL_READS"],
		"cpq.create_proposal": ["write", "RENEWAL_WRITES"],
		"cpq.withdraw_proposal": ["write", "RENEWAL_WRITES"],
		"crm.reopen_renewal": ["write", "RENEWAL_WRITES"],
		"crm.update_renewal": ["write", "RENEWAL_WRITES"],
		"tasks.create_task": ["write", "RENEWAL_WRITES"],
		"tasks.notify": ["write", "RENEWAL_WRITES"],
		"email.send": ["irreversible", "RENEWAL_LETTER"],
	}
	[system, operation] := split(name, ".")
	codes(action(system, operation, expected[0])) == {expected[1]}
}

test_nothing_else_is_granted[name] if {
	some name, question in {
		"another_operation": action("erp", "delete_contract", "write"),
		"another_system": action("payroll", "get_salary", "read"),
		"a_read_that_writes": action("erp", "get_contract", "write"),
		"another_kind": object.union(letter, {"kind": "memory"}),
	}
	codes(question) == set()
}

test_a_second_letter_is_not_granted[state] if {
	some state in ["succeeded", "unknown", "dispatched"]
	codes(letter_after("email", state)) == set()
}

test_the_letter_may_be_tried_again_by_its_own_step if {
	codes(letter_after("here", "dispatched")) == {"RENEWAL_LETTER"}
}

test_a_letter_that_was_not_sent_is_no_letter if {
	codes(letter_after("email", "denied")) == {"RENEWAL_LETTER"}
}

agents := {"one": {"hands_over_to": ["other"]}, "other": {"hands_over_to": []}}

passing(source, target) := {found.code |
	question := {"kind": "handoff", "handoff": {"from": source, "to": target}}
	some found in grants.allow with input as question with data.catalogue.agents as agents
}

test_work_passes_as_the_agents_have_it if {
	passing("one", "other") == {"RENEWAL_HANDED_OVER"}
}

test_work_passes_in_no_other_way[name] if {
	some name, edge in {"back": ["other", "one"], "to_nobody": ["one", "ghost"], "from_nobody": ["ghost", "one"]}
	passing(edge[0], edge[1]) == set()
}
