package policies.department.finance.fees_test

import data.policies.department.finance.fees

fee := {
	"kind": "action",
	"agent": {"department": "finance"},
	"action": {"system": "billing", "operation": "record_fee", "args": {"amount": "180.00"}},
}

test_privileged_words_are_taken_out_and_the_fee_is_counted if {
	fees.obligations == {
		{"type": "redact", "path": "", "labels": ["privileged"]},
		{"type": "reserve", "ledger": "review_fees", "amount": "180.00"},
	} with input as fee
}

test_elsewhere_neither_happens if {
	fees.obligations == set() with input as json.patch(fee, [{"op": "replace", "path": "/action/system", "value": "notes"}])
	fees.obligations == set() with input as json.patch(fee, [{"op": "replace", "path": "/agent/department", "value": "legal"}])
}
