package assent.consent_test

import data.assent.consent

question := {
	"time": "2026-01-02T12:00:00Z",
	"principal": {"id": "paul"},
	"process": {"name": "renewal", "department": "sales", "owner": "olga"},
	"action": {"digest": "sha256:1"},
}

findings(requirements) := {"org": {"x": {"require_approval": {found |
	some index, requirement in requirements
	found := {"code": sprintf("C%d", [index]), "approval": requirement}
}}}}

answer := {
	"stage": 0,
	"role": "boss",
	"roles": ["boss", "cfo"],
	"approver": "bea",
	"at": "2026-01-02T11:00:00Z",
	"digest": "sha256:1",
}

satisfied(requirement, given) if {
	consent.satisfied with input as object.union(question, {"approvals": given}) with data.policies as findings([requirement])
}

test_an_answer_to_this_action_by_the_right_role_counts if {
	satisfied({"stages": [{"role": "boss"}]}, [answer])
}

test_an_answer_does_not_count_when_something_differs[name] if {
	some name, other in {
		"digest": {"digest": "sha256:2"},
		"stage": {"stage": 1},
		"role": {"role": "cfo"},
		"roles": {"roles": ["cfo"]},
		"too_old": {"at": "2025-12-30T11:59:59Z"},
		"no_moment": {"at": null},
	}
	requirement := {"stages": [{"role": "boss"}], "expires_in": "72h"}
	not satisfied(requirement, [object.union(answer, other)])
}

test_nobody_counts_twice if {
	requirement := {"stages": [{"role": "boss", "quorum": 2}]}
	not satisfied(requirement, [answer, object.union(answer, {"at": "2026-01-02T11:30:00Z"})])
	satisfied(requirement, [answer, object.union(answer, {"approver": "ben"})])
}

test_ids_that_differ_in_case_only_are_one_persons if {
	requirement := {"stages": [{"role": "boss", "quorum": 2}]}
	not satisfied(requirement, [answer, object.union(answer, {"approver": "Bea"})])
	not satisfied(requirement, [answer, object.union(answer, {"approver": "ben", "for": "BEA"})])
}

test_every_stage_is_needed if {
	requirement := {"stages": [{"role": "boss"}, {"role": "cfo"}]}
	second := object.union(answer, {"stage": 1, "role": "cfo", "approver": "carl"})
	not satisfied(requirement, [answer])
	not satisfied(requirement, [second])
	satisfied(requirement, [answer, second])
}

test_the_excluded_do_not_count[name] if {
	some name, who in {"principal": "paul", "process_owner": "olga"}
	given := [object.union(answer, {"approver": who})]
	not satisfied({"stages": [{"role": "boss"}], "not": [name]}, given)
	twin := [object.union(answer, {"approver": upper(who)})]
	not satisfied({"stages": [{"role": "boss"}], "not": [name]}, twin)
	satisfied({"stages": [{"role": "boss"}]}, given)
}

test_whoever_answered_an_earlier_stage_may_be_excluded if {
	stages := [{"role": "boss"}, {"role": "cfo"}]
	again := object.union(answer, {"stage": 1, "role": "cfo"})
	satisfied({"stages": stages}, [answer, again])
	not satisfied({"stages": stages, "not": ["previous_stage"]}, [answer, again])
}

test_stages_of_one_role_are_met_by_different_people if {
	requirement := {"stages": [{"role": "boss"}, {"role": "cfo"}, {"role": "boss", "substitutes": ["cfo"]}]}
	other := object.union(answer, {"stage": 1, "role": "cfo"})
	again := object.union(answer, {"stage": 2})
	not satisfied(requirement, [answer, other, again])
	not satisfied(requirement, [again, other, answer])
	not satisfied(requirement, [answer, other, object.union(again, {"role": "cfo"})])
	not satisfied(requirement, [answer, other, object.union(again, {"approver": "dan", "for": "bea"})])
	satisfied(requirement, [answer, other, object.union(again, {"approver": "ben"})])
}

test_without_a_requirement_nothing_is_satisfied if {
	not consent.satisfied with input as object.union(question, {"approvals": [answer]}) with data.policies as {}
}

test_without_an_action_nothing_is_satisfied if {
	asked := object.union(object.remove(question, {"action"}), {"approvals": [object.remove(answer, {"digest"})]})
	not consent.satisfied with input as asked with data.policies as findings([{"stages": [{"role": "boss"}]}])
}

test_who_stands_in_for_a_role_counts_for_its_stage if {
	requirement := {"stages": [{"role": "boss", "substitutes": ["deputy"]}]}
	satisfied(requirement, [object.union(answer, {"role": "deputy", "roles": ["deputy"]})])
	not satisfied(requirement, [object.union(answer, {"role": "clerk", "roles": ["clerk"]})])
	not satisfied(requirement, [object.union(answer, {"role": "deputy", "roles": ["clerk"]})])
}

test_who_stands_in_for_somebody_is_two_persons if {
	requirement := {"stages": [{"role": "boss", "quorum": 2}]}
	delegate := object.union(answer, {"approver": "dan", "for": "bea"})
	not satisfied(requirement, [answer, delegate])
	not satisfied(requirement, [delegate, answer])
	not satisfied(requirement, [delegate, object.union(answer, {"approver": "ben", "for": "dan"})])
	satisfied(requirement, [delegate, object.union(answer, {"approver": "ben", "for": null})])
}

test_an_answer_that_does_not_count_keeps_nobody_from_counting if {
	requirement := {"stages": [{"role": "boss"}]}
	satisfied(requirement, [object.union(answer, {"digest": "sha256:2"}), answer])
}

test_the_excluded_do_not_count_by_standing_in[name] if {
	some name, who in {"principal": "paul", "process_owner": "olga"}
	not satisfied({"stages": [{"role": "boss"}], "not": [name]}, [object.union(answer, {"for": who})])
}

ladder := {"stages": [{"role": "boss"}], "expires_in": "10h", "escalate": [{"after": "2h", "role": "cfo"}]}

cfo(asked_at) := [object.union(answer, {"role": "cfo", "asked_at": asked_at})]

test_a_rung_of_the_ladder_counts_from_its_time_on if {
	satisfied(ladder, cfo("2026-01-02T09:00:00Z"))
	not satisfied(ladder, cfo("2026-01-02T09:00:01Z"))
	not satisfied(ladder, cfo(null))
	not satisfied(ladder, [object.union(answer, {"role": "cfo"})])
}

test_after_the_expiry_everybody_of_the_ladder_may_answer_where_it_escalates if {
	late := object.union(ladder, {"escalate": [{"after": "9d", "role": "cfo"}]})
	escalated := object.union(late, {"on_expiry": "escalate"})
	satisfied(escalated, cfo("2026-01-02T01:00:00Z"))
	not satisfied(escalated, cfo("2026-01-02T01:00:01Z"))
	not satisfied(late, cfo("2026-01-02T01:00:00Z"))
}

test_an_answer_stands_as_long_as_its_question if {
	old := [object.union(answer, {"at": "2026-01-01T20:00:00Z"})]
	not satisfied(ladder, old)
	satisfied(object.union(ladder, {"on_expiry": "escalate"}), old)
}

glass := {
	"stages": [{"role": "boss", "quorum": 2}, {"role": "legal"}],
	"break_glass": {"roles": ["duty"], "review": {"role": "audit", "within": "48h"}},
}

broken := object.union(answer, {"role": "duty", "roles": ["duty"], "break_glass": true})

test_whoever_breaks_the_glass_answers_alone if {
	satisfied(glass, [broken])
}

test_the_glass_is_not_broken_when_something_differs[name] if {
	some name, other in {
		"flag": {"break_glass": false},
		"role": {"role": "boss"},
		"roles": {"roles": ["boss"]},
		"digest": {"digest": "sha256:2"},
		"too_old": {"at": "2025-12-29T00:00:00Z"},
		"principal": {"approver": "paul"},
		"for_principal": {"for": "paul"},
		"principal_in_other_letters": {"approver": "Paul"},
	}
	not satisfied(glass, [object.union(broken, other)])
}

test_without_a_glass_none_is_broken if {
	not satisfied({"stages": glass.stages}, [broken])
}

test_an_answer_that_changed_what_may_not_be_changed_does_not_count if {
	requirement := {"stages": [{"role": "boss"}], "editable": ["/discount", "/terms"]}
	satisfied(requirement, [object.union(answer, {"edits": ["/discount", "/terms/days"]})])
	not satisfied(requirement, [object.union(answer, {"edits": ["/discount", "/account"]})])
	not satisfied(requirement, [object.union(answer, {"edits": ["/discounts"]})])
	not satisfied(requirement, [object.union(answer, {"edits": [""]})])
}

test_an_answer_to_a_hand_over_names_what_passes if {
	over := {"kind": "handoff", "action": null, "handoff": {"from": "a", "to": "b", "digest": "sha256:1"}}
	requirement := findings([{"stages": [{"role": "boss"}]}])
	consent.satisfied with input as object.union(question, object.union(over, {"approvals": [answer]}))
		with data.policies as requirement
	every other in [{"handoff": {"digest": "sha256:2"}}, {"handoff": {"digest": ""}}] {
		asked := object.union(question, object.union(over, other))
		not consent.satisfied with input as object.union(asked, {"approvals": [answer]}) with data.policies as requirement
	}
	nameless := object.union(over, {"handoff": {"digest": ""}})
	unbound := object.union(answer, {"digest": ""})
	not consent.satisfied with input as object.union(question, object.union(nameless, {"approvals": [unbound]}))
		with data.policies as requirement
}
