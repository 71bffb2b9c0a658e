package assent.lib.plan_test

import data.assent.lib.plan

step(id, action, depends_on) := {
	"id": id,
	"action": {"system": split(action, ".")[0], "operation": split(action, ".")[1], "labels": {}},
	"depends_on": depends_on,
}

asked := {"kind": "plan", "plan": {"steps": [
	step("look", "crm.read", []),
	step("review", "tasks.review", ["look"]),
	step("write", "crm.update", ["review"]),
	object.union(step("mail", "email.send", ["look"]), {"action": {"labels": {"/body": ["confidential"]}}}),
]}}

test_before_goes_over_any_number_of_edges if {
	plan.before("write") == {"look", "review"} with input as asked
	plan.before("look") == set() with input as asked
}

test_behind_is_before_turned_round if {
	plan.behind("look") == {"review", "write", "mail"} with input as asked
	plan.behind("write") == set() with input as asked
}

# Thirty rows of three, each step after all three before: more ways through it than can be gone one by one.
rows := {"kind": "plan", "plan": {"steps": [one |
	some row in numbers.range(1, 30)
	some place in ["a", "b", "c"]
	before := [id | row > 1; some other in ["a", "b", "c"]; id := sprintf("%s%d", [other, row - 1])]
	one := step(sprintf("%s%d", [place, row]), "crm.read", before)
]}}

test_the_order_does_not_take_longer_the_more_ways_there_are_through_a_plan if {
	count(plan.before("a30")) == 87 with input as rows
	count(plan.behind("a1")) == 87 with input as rows
}

test_a_step_that_is_not_there_has_no_order if {
	not plan.before("nothing") with input as asked
}

test_steps_are_found_by_what_they_do_and_what_comes_to_them if {
	plan.doing("crm.update") == {"write"} with input as asked
	plan.carrying("confidential") == {"mail"} with input as asked
}
