package policies.process.contract_renewal.suggestions_test

import data.policies.process.contract_renewal.suggestions

process := {"name": "contract_renewal", "owner": "head-of-renewals"}

suggested(id, roles, added) := {
	"kind": "amendment",
	"principal": {"id": id, "roles": roles},
	"process": process,
	"amendment": {"added": added, "removed": ["usage"], "changed": [], "parts": ["steps.usage"]},
}

granted(question) := {finding.code | some finding in suggestions.allow with input as question}

refused(question) := {finding.code | some finding in suggestions.deny with input as question}

test_a_planner_suggests if {
	granted(suggested("planner-1", ["planner"], [])) == {"RENEWAL_SUGGESTION"}
	refused(suggested("planner-1", ["planner"], [])) == set()
}

test_a_planner_makes_up_no_step if {
	refused(suggested("planner-1", ["planner"], ["gift"])) == {"STEP_MADE_UP"}
}

test_the_owner_may_make_one_up if {
	granted(suggested("head-of-renewals", [], ["gift"])) == {"RENEWAL_SUGGESTION"}
	refused(suggested("head-of-renewals", [], ["gift"])) == set()
}

test_nobody_else_suggests if {
	granted(suggested("ines", ["account_manager"], [])) == set()
}

test_a_suggestion_is_no_plan if {
	granted(object.union(suggested("planner-1", ["planner"], []), {"kind": "plan"})) == set()
	refused(object.union(suggested("planner-1", ["planner"], ["gift"]), {"kind": "plan"})) == set()
}
