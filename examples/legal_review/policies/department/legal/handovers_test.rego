package policies.department.legal.handovers_test

import data.policies.department.legal.handovers

agents := {"writer": {"may": ["email.send"]}, "clerk": {"may": ["tasks.notify"]}}

codes(target, labels) := {finding.code |
	question := {"kind": "handoff", "handoff": {"from": "one", "to": target, "passes": {"labels": labels}}}
	some finding in handovers.deny with input as question
		with data.catalogue.agents as agents
		with data.settings.leaving as {"actions": ["email.send"]}
}

test_what_must_not_leave_is_not_handed_to_who_writes_outside if {
	codes("writer", ["pii", "privileged"]) == {"PRIVILEGED_MUST_NOT_PASS"}
}

test_what_may_leave_is if {
	codes("writer", ["pii", "untrusted"]) == set()
}

test_others_take_it_over if {
	codes("clerk", ["privileged"]) == set()
}

test_without_the_rules_of_what_leaves_nobody_does if {
	question := {"kind": "handoff", "handoff": {"from": "one", "to": "clerk", "passes": {"labels": ["privileged"]}}}
	found := handovers.deny with input as question with data.settings as {} with data.catalogue.agents as agents
	{finding.code | some finding in found} == {"PRIVILEGED_MUST_NOT_PASS"}
}
