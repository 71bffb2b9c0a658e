package policies.process.contract_review.conditions_test

import data.policies.process.contract_review.conditions

asked(kinds, wrong) := {
	"kind": "condition",
	"condition": {"name": "high_risk", "outputs": {"summary": {"kinds": kinds}, "citations": {"wrong": wrong}}},
}

limits := {"ordinary": ["price"], "wrong_citations": 0}

test_what_is_ordinary_is_not_flagged if {
	not conditions.high_risk with input as asked(["price"], 0) with data.settings.risk as limits
}

test_what_is_not_ordinary_is_flagged if {
	conditions.high_risk with input as asked(["price", "penalty"], 0) with data.settings.risk as limits
}

test_wrong_citations_are_flagged if {
	conditions.high_risk with input as asked(["price"], 1) with data.settings.risk as limits
}
