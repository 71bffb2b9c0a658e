package policies.org.access_test

import data.policies.org.access

agents := {"correspondent": {"department": "sales", "may": ["email.send"]}}

departments := {"sales": ["email", "crm"]}

question := {
	"kind": "action",
	"agent": {"id": "correspondent", "department": "sales"},
	"action": {"system": "email", "operation": "send"},
}

codes(asked) := {finding.code |
	some finding in access.deny with input as asked
		with data.catalogue.agents as agents
		with data.settings.departments as departments
}

test_an_agent_does_what_it_was_appointed_to_do if {
	codes(question) == set()
}

test_an_agent_does_nothing_else if {
	codes(object.union(question, {"action": {"operation": "delete"}})) == {"AGENT_NOT_APPOINTED"}
}

test_an_unknown_agent_does_nothing if {
	codes(object.union(question, {"agent": {"id": "stranger"}})) == {"AGENT_NOT_APPOINTED"}
}

test_an_agent_cannot_claim_another_department if {
	codes(object.union(question, {"agent": {"department": "finance"}})) == {
		"AGENT_NOT_APPOINTED",
		"SYSTEM_OF_ANOTHER_DEPARTMENT",
	}
}

test_a_department_stays_in_its_systems if {
	found := {finding.code |
		some finding in access.deny with input as question
			with data.catalogue.agents as agents
			with data.settings.departments as {"sales": ["crm"]}
	}
	found == {"SYSTEM_OF_ANOTHER_DEPARTMENT"}
}

test_leaving_a_field_out_opens_nothing[field] if {
	some field in ["/agent", "/agent/id", "/agent/department", "/action/system", "/action/operation"]
	codes(json.remove(question, [field])) != set()
}
