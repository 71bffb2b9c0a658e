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
	requirement.stages == [{"role": "boss", "quorum": 2, "substitutes": []}]
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

test_only_who_stands_in_for_a_role_by_every_finding_does if {
	one := {"stages": [{"role": "boss", "substitutes": ["cfo", "deputy"]}, {"role": "legal", "substitutes": ["counsel"]}]}
	two := {"stages": [{"role": "boss", "substitutes": {"ceo", "deputy"}}]}
	[stage.substitutes | some stage in merged([one, two]).stages] == [["deputy"], ["counsel"]]
	merged([one, {"stages": [{"role": "boss"}]}]).stages[0].substitutes == []
}

test_what_only_all_findings_together_make_milder[name] if {
	boss := [{"role": "boss"}]
	some name, [mild, strict] in {
		"order": ["parallel", "sequence"],
		"rationale": ["optional", "required"],
		"on_revision": ["ask_again", "void"],
	}
	merged([{"stages": boss, name: mild}, {"stages": boss, name: mild}])[name] == mild
	merged([{"stages": boss, name: mild}, {"stages": boss}])[name] == strict
	merged([{"stages": boss}])[name] == strict
}

test_the_shortest_reminder_holds if {
	boss := [{"role": "boss"}]
	merged([{"stages": boss, "remind": "2h"}, {"stages": boss}, {"stages": boss, "remind": "90m"}]).remind == "90m"
	merged([{"stages": boss}]).remind == null
}

test_what_any_finding_of_one_scope_masks_is_masked if {
	boss := [{"role": "boss"}]
	requirement := merged([{"stages": boss, "mask": ["/b"], "mask_labels": {"pii"}}, {"stages": boss, "mask": {"/a"}}])
	requirement.mask == ["/a", "/b"]
	requirement.mask_labels == ["pii"]
}

# A department that masks would blind whom the organisation asks: the one stage would be met by a yes to what was not shown.
test_nobody_masks_from_those_whom_a_wider_scope_asks[name] if {
	boss := [{"role": "boss"}]
	blind := {"code": "M", "approval": {"stages": boss, "mask": ["/to"], "mask_labels": ["pii"]}}
	own := {"code": "O", "approval": {"stages": [{"role": "cfo"}], "mask": ["/iban"], "mask_labels": ["bank"]}}
	some name, [wider, seen] in {
		"org": [{"org": {"x": {"require_approval": {own}}}}, [["/iban"], ["bank"]]],
		"nothing_of_org": [{"org": {"x": {"require_approval": {{"code": "C", "approval": {"stages": boss}}}}}}, [[], []]],
		"none": [{}, [["/to"], ["pii"]]],
	}
	every policies in [
		object.union(wider, {"department": {"sales": {"x": {"require_approval": {blind}}}}}),
		object.union(wider, {"process": {"renewal": {"x": {"require_approval": {blind}}}}}),
	] {
		requirement := approval.requirement with input as question with data.policies as policies
		[requirement.mask, requirement.mask_labels] == seen
	}
}

test_the_glass_is_broken_only_by_whom_every_finding_names_and_reviewed_the_soonest if {
	boss := [{"role": "boss"}]
	one := {"stages": boss, "break_glass": {"roles": ["duty", "cio"], "review": {"role": "audit", "within": "2d"}}}
	two := {"stages": boss, "break_glass": {"roles": {"duty"}, "review": {"role": "risk", "within": "47h"}}}
	other := {"stages": boss, "break_glass": {"roles": ["ceo"], "review": {"role": "risk", "within": "1h"}}}
	merged([one, two]).break_glass == {"roles": ["duty"], "review": {"role": "risk", "within": "47h"}}
	merged([one, other]).break_glass == null
	merged([one, {"stages": boss}]).break_glass == null
}

test_a_whole_requirement_is_well_formed if {
	approval.well_formed({
		"stages": [{"role": "boss", "quorum": 20, "substitutes": ["deputy"]}, {"role": "cfo"}],
		"order": "parallel",
		"not": ["principal", "process_owner", "plan_author", "previous_stage"],
		"expires_in": "1h",
		"on_expiry": "escalate",
		"escalate": [{"after": "1h", "role": "ceo"}],
		"remind": "1m",
		"rationale": "optional",
		"editable": ["", "/a~1b"],
		"mask": ["/iban"],
		"mask_labels": {"pii"},
		"on_revision": "ask_again",
		"break_glass": {"roles": {"duty"}, "review": {"role": "audit", "within": "48h"}},
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
		"substitutes_text": {"stages": [{"role": "boss", "substitutes": "deputy"}]},
		"substitutes_spaced": {"stages": [{"role": "boss", "substitutes": ["the deputy"]}]},
		"order": {"stages": boss, "order": "any"},
		"remind_often": {"stages": boss, "remind": "59s"},
		"remind_null": {"stages": boss, "remind": null},
		"remind_text": {"stages": boss, "remind": "daily"},
		"rationale": {"stages": boss, "rationale": "no"},
		"mask_text": {"stages": boss, "mask": "/a"},
		"mask_pointer": {"stages": boss, "mask": ["a"]},
		"mask_labels": {"stages": boss, "mask_labels": ["P I I"]},
		"on_revision": {"stages": boss, "on_revision": "keep"},
		"glass_null": {"stages": boss, "break_glass": null},
		"glass_nobody": {"stages": boss, "break_glass": {"roles": [], "review": {"role": "audit", "within": "1h"}}},
		"glass_unreviewed": {"stages": boss, "break_glass": {"roles": ["duty"]}},
		"glass_review_role": {"stages": boss, "break_glass": {"roles": ["duty"], "review": {"within": "1h"}}},
		"glass_review_when": {"stages": boss, "break_glass": {"roles": ["duty"], "review": {"role": "audit", "within": "soon"}}},
		"glass_key": {"stages": boss, "break_glass": {"roles": ["duty"], "review": {"role": "audit", "within": "1h"}, "who": "x"}},
	}
	not approval.well_formed(requirement)
}

test_a_quorum_is_a_whole_number_however_it_is_written if {
	json.marshal(merged([{"stages": [{"role": "boss", "quorum": 2.0}]}]).stages) == `[{"quorum":2,"role":"boss","substitutes":[]}]`
}

test_mistakes_are_named if {
	approval.mistakes({"stages": [{"role": "boss"}]}) == set()
	approval.mistakes({"mask": "/iban", "remind": "30s", "editible": ["/a"], "rationale": "optional"}) == {
		"stages", "mask", "remind", "editible",
	}
}
