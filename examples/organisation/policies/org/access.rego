# METADATA
# title: Who may reach what
# description: Holds for every agent, in addition to what the process grants.
# custom:
#   owner: it-governance
package policies.org.access

# METADATA
# title: An agent does only what it was appointed to do
# labels:
#   control: ACC-01
deny contains finding if {
	input.kind == "action"
	not appointed
	finding := {
		"code": "AGENT_NOT_APPOINTED",
		"message": "the agent was not appointed to do this",
		"control": "ACC-01",
		"rule": "An agent does only what it was appointed to do",
	}
}

# METADATA
# title: A department's agents stay in its systems
# labels:
#   control: ACC-02
deny contains finding if {
	input.kind == "action"
	not within_department
	finding := {
		"code": "SYSTEM_OF_ANOTHER_DEPARTMENT",
		"message": "the agent's department has no access to this system",
		"control": "ACC-02",
		"rule": "A department's agents stay in its systems",
	}
}

appointed if {
	agent := data.catalogue.agents[input.agent.id]
	agent.department == input.agent.department
	concat(".", [input.action.system, input.action.operation]) in agent.may
}

within_department if input.action.system in data.settings.departments[input.agent.department]
