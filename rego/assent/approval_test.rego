package assent.approval_test

import data.assent.approval

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

merged(requirements) := requirement if {
	requirement := approval.requirement with input as question with data.policies as findings(requirements)
}

test_stages_of_all_findings_are_needed_those_of_the_wider_scope_first if {
	requirement := approval.requirement with input as question with data.policies as {
		"process": {"renewal": {"x": {"require_approval": {{"code": "A", "approval": {"stages": [{"role": "owner"}]}}}}}},
		"org": {"x": {"require_approval": {{"code": "Z", "approval": {"stages": [{"role": "privacy"}, {"role": "legal"}]}}}}},
		"department": {"sales": {"x": {"require_approval": {{"code": "B", "approval": {"stages": [{"role": "director"}]}}}}}},
	}
	[stage.role | some stage in requirement.stages] == ["privacy", "legal", "director", "owner"]
}

test_one_role_in_two_findings_is_one_stage_with_the_larger_quorum if {
	requirement := merged([{"stages": [{"role": "boss"}]}, {"stages": [{"role": "boss", "quorum": 2}]}])
	requirement.stages == [{"role": "boss", "quorum": 2}]
}

test_one_role_twice_in_one_finding_is_asked_twice if {
	requirement := merged([{"stages": [{"role": "boss"}, {"role": "boss"}]}, {"stages": [{"role": "boss"}]}])
	count(requirement.stages) == 2
}

test_everybody_whom_any_finding_excludes_is_excluded if {
	requirement := merged([
		{"stages": [{"role": "boss"}], "not": ["principal"]},
		{"stages": [{"role": "boss"}], "not": {"process_owner", "principal"}},
	])
	requirement["not"] == ["principal", "process_owner"]
}

test_the_shortest_expiry_holds if {
	merged([{"stages": [{"role": "boss"}], "expires_in": "2d"}, {"stages": [{"role": "boss"}], "expires_in": "47h"}]).expires_in == "47h"
	merged([{"stages": [{"role": "boss"}], "expires_in": "9d"}, {"stages": [{"role": "boss"}]}]).expires_in == "72h"
}

test_expiry_escalates_only_when_every_finding_says_so if {
	merged([{"stages": [{"role": "boss"}], "on_expiry": "escalate"}]).on_expiry == "escalate"
	merged([{"stages": [{"role": "boss"}], "on_expiry": "escalate"}, {"stages": [{"role": "boss"}]}]).on_expiry == "deny"
}

test_escalation_is_what_every_finding_allows_and_no_earlier if {
	one := {"stages": [{"role": "boss"}], "escalate": [{"after": "1h", "role": "cfo"}, {"after": "1h", "role": "ceo"}]}
	two := {"stages": [{"role": "boss"}], "escalate": [{"after": "120m", "role": "cfo"}]}
	merged([one, two]).escalate == [{"after": "120m", "role": "cfo"}]
	merged([one, {"stages": [{"role": "boss"}]}]).escalate == []
}

test_only_what_every_finding_allows_may_be_edited if {
	one := {"stages": [{"role": "boss"}], "editable": ["/a", "/b"]}
	two := {"stages": [{"role": "boss"}], "editable": {"/b", "/c"}}
	merged([one, two]).editable == ["/b"]
	merged([one, {"stages": [{"role": "boss"}]}]).editable == []
}

test_a_whole_requirement_is_well_formed if {
	approval.well_formed({
		"stages": [{"role": "boss", "quorum": 20}, {"role": "cfo"}],
		"not": ["principal", "process_owner", "plan_author", "previous_stage"],
		"expires_in": "1h",
		"on_expiry": "escalate",
		"escalate": [{"after": "1h", "role": "ceo"}],
		"editable": ["", "/a~1b"],
	})
}

test_a_mistake_in_a_requirement_is_found[name] if {
	boss := [{"role": "boss"}]
	some name, requirement in {
		"text": "boss",
		"no_stages": {},
		"stages_empty": {"stages": []},
		"stages_set": {"stages": {{"role": "boss"}}},
		"too_many": {"stages": [stage | some _ in numbers.range(1, 11); stage := {"role": "boss"}]},
		"role_missing": {"stages": [{}]},
		"role_spaced": {"stages": [{"role": "the boss"}]},
		"quorum_zero": {"stages": [{"role": "boss", "quorum": 0}]},
		"quorum_half": {"stages": [{"role": "boss", "quorum": 1.5}]},
		"quorum_text": {"stages": [{"role": "boss", "quorum": "1"}]},
		"stage_key": {"stages": [{"role": "boss", "count": 1}]},
		"unknown_key": {"stages": boss, "expires": "1h"},
		"excluded_unknown": {"stages": boss, "not": ["boss"]},
		"excluded_text": {"stages": boss, "not": "principal"},
		"expires_number": {"stages": boss, "expires_in": 3600},
		"expires_unit": {"stages": boss, "expires_in": "1 week"},
		"on_expiry": {"stages": boss, "on_expiry": "allow"},
		"escalate_text": {"stages": boss, "escalate": "cfo"},
		"escalate_key": {"stages": boss, "escalate": [{"role": "cfo"}]},
		"escalate_after": {"stages": boss, "escalate": [{"role": "cfo", "after": "soon"}]},
		"escalate_role": {"stages": boss, "escalate": [{"role": "", "after": "1h"}]},
		"editable_text": {"stages": boss, "editable": "/a"},
		"editable_pointer": {"stages": boss, "editable": ["a"]},
	}
	not approval.well_formed(requirement)
}

answer := {
	"stage": 0,
	"role": "boss",
	"roles": ["boss", "cfo"],
	"approver": "bea",
	"at": "2026-01-02T11:00:00Z",
	"digest": "sha256:1",
}

satisfied(requirement, answers) if {
	approval.satisfied with input as object.union(question, {"approvals": answers}) with data.policies as findings([requirement])
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
	satisfied({"stages": [{"role": "boss"}]}, given)
}

test_whoever_answered_an_earlier_stage_may_be_excluded if {
	stages := [{"role": "boss"}, {"role": "cfo"}]
	again := object.union(answer, {"stage": 1, "role": "cfo"})
	satisfied({"stages": stages}, [answer, again])
	not satisfied({"stages": stages, "not": ["previous_stage"]}, [answer, again])
}

test_without_a_requirement_nothing_is_satisfied if {
	not approval.satisfied with input as object.union(question, {"approvals": [answer]}) with data.policies as {}
}

test_without_an_action_nothing_is_satisfied if {
	asked := object.union(object.remove(question, {"action"}), {"approvals": [object.remove(answer, {"digest"})]})
	not approval.satisfied with input as asked with data.policies as findings([{"stages": [{"role": "boss"}]}])
}
