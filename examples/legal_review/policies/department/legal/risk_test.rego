package policies.department.legal.risk_test

import data.policies.department.legal.risk

limits := {"ordinary": ["price", "term"], "wrong_citations": 0}

release(kinds, wrong) := {
	"kind": "action",
	"action": {
		"system": "notes",
		"operation": "release_note",
		"args": {"kinds": kinds, "wrong_citations": wrong},
		"unknown": [],
	},
}

verdicts(question, known) := found if {
	approvals := {f.code | some f in risk.require_approval} with input as question with data.settings.risk as known
	denials := {f.code | some f in risk.deny} with input as question with data.settings.risk as known
	found := {"require_approval": approvals, "deny": denials}
}

nothing := {"require_approval": set(), "deny": set()}

test_what_is_ordinary_needs_no_lawyer if {
	verdicts(release(["price", "term"], 0), limits) == nothing
	verdicts(release([], 0), limits) == nothing
}

test_a_clause_that_is_not_ordinary_needs_one if {
	verdicts(release(["price", "penalty"], 0), limits).require_approval == {"RISKY_CLAUSES"}
}

test_a_clause_that_nobody_foresaw_needs_one if {
	verdicts(release(["brand_new"], 0), limits).require_approval == {"RISKY_CLAUSES"}
}

test_a_wrong_citation_needs_one if {
	verdicts(release(["price"], 1), limits).require_approval == {"WRONG_CITATIONS"}
}

test_a_lawyer_is_asked_who_may_change_the_letter_and_nothing_else if {
	some finding in risk.require_approval with input as release(["penalty"], 0) with data.settings.risk as limits
	finding.message == "a lawyer has to read it: penalty"
	finding.approval.stages == [{"role": "lawyer", "quorum": 1}]
	finding.approval.editable == ["/letter"]
	finding.approval["not"] == ["principal"]
}

test_what_cannot_be_judged_is_not_released[name] if {
	some name, question in {
		"no_kinds": json.remove(release([], 0), ["/action/args/kinds"]),
		"kinds_are_a_text": release("price", 0),
		"no_citations": json.remove(release([], 0), ["/action/args/wrong_citations"]),
		"citations_are_a_text": release([], "0"),
	}
	verdicts(question, limits).deny == {"RISK_NOT_JUDGEABLE"}
}

test_without_limits_nothing_is_released[name] if {
	some name, known in {
		"none": {},
		"no_ordinary": {"wrong_citations": 0},
		"no_count": {"ordinary": ["price"]},
		"count_is_a_text": {"ordinary": ["price"], "wrong_citations": "0"},
	}
	"RISK_NOT_JUDGEABLE" in verdicts(release(["price"], 0), known).deny
}

test_a_forecast_may_not_know_them_yet if {
	unknown := json.patch(release([], 0), [
		{"op": "replace", "path": "/action/args", "value": {}},
		{"op": "replace", "path": "/action/unknown", "value": ["/kinds", "/wrong_citations"]},
	])
	verdicts(unknown, limits) == nothing
}

test_other_actions_are_not_looked_at if {
	question := json.patch(release(["penalty"], 9), [{"op": "replace", "path": "/action/operation", "value": "draft_note"}])
	verdicts(question, limits) == nothing
}
