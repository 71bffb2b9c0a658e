package policies.process.refund.grants_test

import data.policies.process.refund.grants

action(system, operation) := {"kind": "action", "action": {"system": system, "operation": operation}}

codes(question) := {finding.code | some finding in grants.allow with input as question}

test_a_refund_may_be_started if {
	codes({"kind": "plan"}) == {"REFUND_PLANNED"}
}

test_what_a_refund_needs_is_granted[operation] if {
	some operation in ["get_order", "refund", "tell_customer"]
	codes(action("shop", operation)) == {"REFUND_STEP"}
}

test_nothing_else_is_granted if {
	codes(action("shop", "close")) == set()
	codes(action("payroll", "refund")) == set()
	codes({"kind": "memory"}) == set()
}

test_work_passes_as_the_agents_have_it[name] if {
	some name, edge in {"declared": ["one", "other", 1], "back": ["other", "one", 0], "to_nobody": ["one", "ghost", 0]}
	agents := {"one": {"hands_over_to": ["other"]}, "other": {"hands_over_to": []}}
	question := {"kind": "handoff", "handoff": {"from": edge[0], "to": edge[1]}}
	found := grants.allow with input as question with data.catalogue.agents as agents
	count(found) == edge[2]
}
