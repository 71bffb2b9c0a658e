package policies.org.access_test

import data.policies.org.access

agents := {"service_desk": {"department": "service", "may": ["shop.refund"]}}

question := {
	"kind": "action",
	"agent": {"id": "service_desk", "department": "service"},
	"action": {"system": "shop", "operation": "refund"},
}

codes(asked) := {finding.code |
	some finding in access.deny with input as asked with data.catalogue.agents as agents
}

test_an_agent_does_what_it_was_appointed_to_do if {
	codes(question) == set()
}

test_an_agent_does_nothing_else if {
	codes(object.union(question, {"action": {"operation": "close"}})) == {"AGENT_NOT_APPOINTED"}
}

test_an_unknown_agent_does_nothing if {
	codes(object.union(question, {"agent": {"id": "stranger"}})) == {"AGENT_NOT_APPOINTED"}
}
