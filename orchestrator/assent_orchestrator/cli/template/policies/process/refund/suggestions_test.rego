package policies.process.refund.suggestions_test

import data.policies.process.refund.suggestions

suggested(id, roles, added) := {
	"kind": "amendment",
	"principal": {"id": id, "roles": roles},
	"process": {"name": "refund", "owner": "head-of-service"},
	"amendment": {"added": added, "removed": ["note"], "changed": [], "parts": ["steps.note"]},
}

granted(question) := {finding.code | some finding in suggestions.allow with input as question}

refused(question) := {finding.code | some finding in suggestions.deny with input as question}

test_a_planner_suggests if {
	granted(suggested("planner-1", ["planner"], [])) == {"REFUND_SUGGESTION"}
	refused(suggested("planner-1", ["planner"], [])) == set()
}

test_a_planner_makes_up_no_step if {
	refused(suggested("planner-1", ["planner"], ["voucher"])) == {"STEP_MADE_UP"}
}

test_the_owner_may_make_one_up if {
	granted(suggested("head-of-service", [], ["voucher"])) == {"REFUND_SUGGESTION"}
	refused(suggested("head-of-service", [], ["voucher"])) == set()
}

test_nobody_else_suggests if {
	granted(suggested("sam", ["submitter"], [])) == set()
}
