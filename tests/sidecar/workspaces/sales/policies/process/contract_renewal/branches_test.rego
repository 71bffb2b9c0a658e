package policies.process.contract_renewal.branches_test

condition(score) := {
	"kind": "condition",
	"process": {"name": "contract_renewal", "department": "sales"},
	"condition": {"name": "at_risk", "outputs": {"usage": {"score": score}}},
}

test_low_usage_is_a_risk if data.assent.decision.taken with input as condition(49)

test_high_usage_is_none if not data.assent.decision.taken with input as condition(50)
