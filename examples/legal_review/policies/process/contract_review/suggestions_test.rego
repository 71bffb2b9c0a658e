package policies.process.contract_review.suggestions_test

import data.policies.process.contract_review.suggestions

log := {"id": "log", "action": {"system": "matters", "operation": "log_entry"}}

suggested(id, roles, added, steps) := {
	"kind": "amendment",
	"principal": {"id": id, "roles": roles},
	"process": {"name": "contract_review", "owner": "lena.brandt"},
	"amendment": {"added": added, "removed": [], "changed": ["summary"], "parts": ["steps.summary.after"]},
	"plan": {"steps": steps},
}

granted(question) := {finding.code | some finding in suggestions.allow with input as question}

refused(question) := {finding.code | some finding in suggestions.deny with input as question}

test_a_planner_suggests if {
	granted(suggested("planner-1", ["planner"], [], [log])) == {"REVIEW_SUGGESTION"}
	refused(suggested("planner-1", ["planner"], [], [log])) == set()
}

test_a_planner_makes_up_no_step if {
	refused(suggested("planner-1", ["planner"], ["second_opinion"], [log])) == {"STEP_MADE_UP"}
}

test_the_owner_may_make_one_up if {
	granted(suggested("lena.brandt", ["lawyer"], ["second_opinion"], [log])) == {"REVIEW_SUGGESTION"}
	refused(suggested("lena.brandt", ["lawyer"], ["second_opinion"], [log])) == set()
}

test_not_even_the_owner_drops_the_log if {
	refused(suggested("lena.brandt", ["lawyer"], [], [])) == {"LOG_NEEDED"}
}

test_nobody_else_suggests if {
	granted(suggested("noah.frey", ["paralegal"], [], [log])) == set()
}

test_a_suggestion_is_no_plan if {
	granted(object.union(suggested("planner-1", ["planner"], [], [log]), {"kind": "plan"})) == set()
	refused(object.union(suggested("planner-1", ["planner"], ["more"], []), {"kind": "plan"})) == set()
}
