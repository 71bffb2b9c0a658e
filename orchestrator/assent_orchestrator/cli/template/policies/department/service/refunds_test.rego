package policies.department.service.refunds_test

import data.policies.department.service.refunds

refund(args, unknown) := {
	"kind": "action",
	"action": {"system": "shop", "operation": "refund", "args": args, "unknown": unknown},
}

settings := {"refund": {"lead_above_eur": 100}}

asked(question) := {finding.code |
	some finding in refunds.require_approval with input as question with data.settings.limits as settings
}

denied(question, limits) := {finding.code |
	some finding in refunds.deny with input as question with data.settings.limits as limits
}

test_a_small_refund_is_nobodys_business if {
	asked(refund({"amount_eur": 100}, [])) == set()
	denied(refund({"amount_eur": 100}, []), settings) == set()
}

test_a_large_refund_needs_a_lead if {
	asked(refund({"amount_eur": 100.01}, [])) == {"REFUND_OVER_LIMIT"}
}

test_an_amount_that_is_no_number_is_not_paid if {
	denied(refund({"amount_eur": "12"}, []), settings) == {"REFUND_NOT_JUDGEABLE"}
	denied(refund({}, []), settings) == {"REFUND_NOT_JUDGEABLE"}
}

test_without_a_limit_nothing_is_paid if {
	denied(refund({"amount_eur": 1}, []), {}) == {"REFUND_NOT_JUDGEABLE"}
}

test_a_forecast_may_not_know_the_amount_yet if {
	denied(refund({}, ["/amount_eur"]), settings) == set()
}
