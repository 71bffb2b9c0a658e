# METADATA
# title: What the firm remembers of its clients
# description: The classes are in memory.yaml. Nothing is remembered, recalled or forgotten but what is granted here or by the process.
# custom:
#   owner: carmen.diaz
package policies.org.memory

# METADATA
# title: Lawyers look after what their clients want
# labels:
#   control: MEM-01
allow contains finding if {
	input.kind == "memory"
	input.memory.class == "client_preferences"
	input.memory.operation in {"remember", "recall", "list"}
	not input.agent.id
	"lawyer" in input.principal.roles
	finding := {
		"code": "CLIENTS_OWN_LAWYER",
		"message": "lawyers look after what their clients want",
		"control": "MEM-01",
		"rule": "Lawyers look after what their clients want",
	}
}

# METADATA
# title: Whoever drafts may know how the client wants its notes
# labels:
#   control: MEM-02
allow contains finding if {
	input.kind == "memory"
	input.memory.class == "client_preferences"
	input.memory.operation == "recall"
	input.agent.id == "drafting"
	finding := {
		"code": "DRAFTING_KNOWS_PREFERENCES",
		"message": "whoever drafts may know how the client wants its notes",
		"control": "MEM-02",
		"rule": "Whoever drafts may know how the client wants its notes",
	}
}

# METADATA
# title: An agent is not told who wanted it
# description: What is wanted is enough to write a note; names and addresses are taken out of what is recalled.
# labels:
#   control: MEM-03
obligations contains {"type": "redact", "path": "", "labels": ["pii"]} if {
	input.kind == "memory"
	input.memory.operation == "recall"
	input.agent.id
}

# METADATA
# title: Nothing privileged is remembered
# labels:
#   control: PRV-15
deny contains finding if {
	input.kind == "memory"
	input.memory.operation == "remember"
	"privileged" in input.memory.labels
	finding := {
		"code": "PRIVILEGED_NOT_REMEMBERED",
		"message": "what is privileged stays in its own matter",
		"control": "PRV-15",
		"rule": "Nothing privileged is remembered",
	}
}

# METADATA
# title: What agents wrote is not remembered of a client
# description: What a contract says may end up in what an agent writes. A lawyer remembers, and answers for it.
# labels:
#   control: MEM-04
deny contains finding if {
	input.kind == "memory"
	input.memory.operation == "remember"
	input.agent.id
	finding := {
		"code": "AGENTS_REMEMBER_NOTHING",
		"message": "what is remembered of clients is for lawyers to say",
		"control": "MEM-04",
		"rule": "What agents wrote is not remembered of a client",
	}
}

# METADATA
# title: Auditors see what is remembered, and not what it says
# labels:
#   control: MEM-06
allow contains finding if {
	input.kind == "memory"
	input.memory.operation == "list"
	not input.agent.id
	"auditor" in input.principal.roles
	finding := {
		"code": "AUDITORS_LIST",
		"message": "auditors see what is remembered, and not what it says",
		"control": "MEM-06",
		"rule": "Auditors see what is remembered, and not what it says",
	}
}

# METADATA
# title: Compliance forgets, and holds what must not be forgotten
# labels:
#   control: MEM-05
allow contains finding if {
	input.kind == "memory"
	input.memory.operation in {"forget", "list", "hold", "lift"}
	not input.agent.id
	"compliance_officer" in input.principal.roles
	finding := {
		"code": "COMPLIANCE_FORGETS",
		"message": "compliance forgets, and holds what must not be forgotten",
		"control": "MEM-05",
		"rule": "Compliance forgets, and holds what must not be forgotten",
	}
}
