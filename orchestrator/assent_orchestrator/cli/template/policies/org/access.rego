# METADATA
# title: Who may reach what
# description: Holds for every agent, in addition to what a process grants.
# custom:
#   owner: it-operations
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

appointed if {
	agent := data.catalogue.agents[input.agent.id]
	agent.department == input.agent.department
	concat(".", [input.action.system, input.action.operation]) in agent.may
}
