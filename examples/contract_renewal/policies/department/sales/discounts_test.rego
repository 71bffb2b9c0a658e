package policies.department.sales.discounts_test

import data.policies.department.sales.discounts

limits := {"discount": {"director_above_percent": 15, "never_above_percent": 30}}

proposal(discount) := {
	"kind": "action",
	"action": {
		"system": "cpq",
		"operation": "create_proposal",
		"args": {"discount_percent": discount},
		"unknown": [],
	},
}

verdicts(question, known) := found if {
	approvals := {f.code | some f in discounts.require_approval} with input as question with data.settings.limits as known
	denials := {f.code | some f in discounts.deny} with input as question with data.settings.limits as known
	found := {"require_approval": approvals, "deny": denials}
}

test_discounts_up_to_the_limit_are_nobodys_business[discount] if {
	some discount in [0, 14.99, 15]
	verdicts(proposal(discount), limits) == {"require_approval": set(), "deny": set()}
}

test_a_discount_over_the_limit_needs_a_director[discount] if {
	some discount in [15.01, 20, 30]
	verdicts(proposal(discount), limits) == {"require_approval": {"DISCOUNT_OVER_LIMIT"}, "deny": set()}
}

test_a_discount_over_the_cap_is_denied if {
	verdicts(proposal(30.01), limits).deny == {"DISCOUNT_OVER_CAP"}
}

test_a_director_is_asked_and_not_who_started_it if {
	some finding in discounts.require_approval with input as proposal(20) with data.settings.limits as limits
	finding.control == "FIN-07"
	finding.approval.stages == [{"role": "sales_director", "quorum": 1}]
	"principal" in finding.approval["not"]
}

test_a_discount_that_is_no_number_is_denied[discount] if {
	some discount in ["5", null, true, [5]]
	"DISCOUNT_NOT_JUDGEABLE" in verdicts(proposal(discount), limits).deny
}

test_a_missing_discount_is_denied if {
	question := json.remove(proposal(5), ["/action/args/discount_percent"])
	verdicts(question, limits).deny == {"DISCOUNT_NOT_JUDGEABLE"}
}

test_a_forecast_may_not_know_the_discount_yet if {
	question := json.patch(proposal(5), [
		{"op": "remove", "path": "/action/args/discount_percent"},
		{"op": "replace", "path": "/action/unknown", "value": ["/discount_percent"]},
	])
	verdicts(question, limits) == {"require_approval": set(), "deny": set()}
}

test_without_limits_nothing_is_offered[name] if {
	some name, known in {
		"none": {},
		"empty": {"discount": {}},
		"no_cap": {"discount": {"director_above_percent": 15}},
		"no_limit": {"discount": {"never_above_percent": 30}},
		"limit_is_text": {"discount": {"director_above_percent": "15", "never_above_percent": 30}},
	}
	"DISCOUNT_NOT_JUDGEABLE" in verdicts(proposal(5), known).deny
}

test_other_actions_are_not_looked_at if {
	question := json.patch(proposal(99), [{"op": "replace", "path": "/action/system", "value": "crm"}])
	verdicts(question, limits) == {"require_approval": set(), "deny": set()}
}

priced(discount, seats, value) := json.patch(proposal(discount), [
	{"op": "add", "path": "/action/args/seats_now", "value": 3},
	{"op": "add", "path": "/action/args/seats", "value": seats},
	{"op": "add", "path": "/action/args/annual_value", "value": value},
])

test_what_a_discount_costs_is_counted_in_cents_and_rounded_up[cost] if {
	some [asked, cost] in [
		[[10, 3, "1000.00"], "100.00"],
		[[0, 3, "1000.00"], "0.00"],
		[[12.5, 3, "999.99"], "125.00"],
		[[10, 1, "1000.00"], "33.34"],
		[[15, 6, "0.01"], "0.01"],
	]
	question := priced(asked[0], asked[1], asked[2])
	discounts.obligations == {{"type": "reserve", "ledger": "discount_eur", "amount": cost}} with input as question
}

test_only_proposals_are_counted if {
	discounts.obligations == set() with input as {"kind": "action", "action": {"system": "crm", "operation": "x"}}
}

day(spent) := {"discount_eur": {
	"limit": "1000.00",
	"spent": spent,
	"reserved": "0",
	"held": "0",
	"until": "2026-01-02T00:00:00+01:00",
}}

test_what_does_not_fit_into_the_day_waits_for_the_next if {
	full := object.union(priced(10, 3, "1000.00"), {"ledgers": day("900.01")})
	[found.until | some found in discounts.defer] == ["2026-01-02T00:00:00+01:00"] with input as full
	fits := object.union(priced(10, 3, "1000.00"), {"ledgers": day("900.00")})
	discounts.defer == set() with input as fits
}
