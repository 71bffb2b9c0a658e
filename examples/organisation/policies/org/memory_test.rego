package policies.org.memory_test

import data.policies.org.memory

recall := {
	"kind": "memory",
	"principal": {"id": "noah.frey", "roles": ["paralegal"]},
	"agent": {"id": "drafting", "department": "legal"},
	"memory": {"operation": "recall", "class": "client_preferences", "labels": []},
}

lawyer := json.remove(
	object.union(recall, {"principal": {"id": "lena.brandt", "roles": ["lawyer"]}}),
	["/agent"],
)

granted(asked) := {finding.code | some finding in memory.allow with input as asked}

denied(asked) := {finding.code | some finding in memory.deny with input as asked}

test_drafting_recalls_preferences_without_names if {
	granted(recall) == {"DRAFTING_KNOWS_PREFERENCES"}
	memory.obligations == {{"type": "redact", "path": "", "labels": ["pii"]}} with input as recall
}

test_no_other_agent_and_no_other_class_is_granted if {
	granted(object.union(recall, {"agent": {"id": "compliance"}})) == set()
	granted(object.union(recall, {"memory": {"class": "run_state"}})) == set()
}

test_a_paralegal_without_an_agent_recalls_nothing if {
	granted(json.remove(recall, ["/agent"])) == set()
}

test_lawyers_remember_recall_and_list[operation] if {
	some operation in ["remember", "recall", "list"]
	asked := object.union(lawyer, {"memory": {"operation": operation}})
	granted(asked) == {"CLIENTS_OWN_LAWYER"}
	denied(asked) == set()
}

test_a_lawyer_is_told_the_names if {
	memory.obligations == set() with input as lawyer
}

test_lawyers_neither_forget_nor_hold[operation] if {
	some operation in ["forget", "hold", "lift"]
	granted(object.union(lawyer, {"memory": {"operation": operation}})) == set()
}

test_nothing_privileged_is_remembered if {
	asked := object.union(lawyer, {"memory": {"operation": "remember", "labels": ["client", "privileged"]}})
	denied(asked) == {"PRIVILEGED_NOT_REMEMBERED"}
}

test_agents_remember_nothing if {
	denied(object.union(recall, {"memory": {"operation": "remember"}})) == {"AGENTS_REMEMBER_NOTHING"}
}

test_compliance_forgets_and_holds[operation] if {
	some operation in ["forget", "list", "hold", "lift"]
	asked := object.union(lawyer, {
		"principal": {"id": "carmen.diaz", "roles": ["compliance_officer"]},
		"memory": {"operation": operation, "class": null},
	})
	granted(asked) == {"COMPLIANCE_FORGETS"}
}

test_auditors_list_and_recall_nothing if {
	auditor := object.union(lawyer, {"principal": {"id": "ada", "roles": ["auditor"]}})
	granted(object.union(auditor, {"memory": {"operation": "list", "class": null}})) == {"AUDITORS_LIST"}
	granted(auditor) == set()
}

test_no_agent_forgets if {
	granted(object.union(recall, {
		"principal": {"id": "carmen.diaz", "roles": ["compliance_officer"]},
		"memory": {"operation": "forget"},
	})) == set()
}
