# METADATA
# title: Refunds
# description: The limit is in data/limits.yaml; while it is missing, or the amount is no number, nothing is paid.
# custom:
#   owner: chief-financial-officer
package policies.department.service.refunds

payment if {
	input.kind == "action"
	input.action.system == "shop"
	input.action.operation == "refund"
}

amount := input.action.args.amount_eur

limit := data.settings.limits.refund.lead_above_eur

# METADATA
# title: A large refund needs a service lead
# labels:
#   control: FIN-01
require_approval contains finding if {
	payment
	amount > limit
	finding := {
		"code": "REFUND_OVER_LIMIT",
		"message": sprintf("more than %v EUR needs a service lead", [limit]),
		"control": "FIN-01",
		"rule": "A large refund needs a service lead",
		"approval": {
			"stages": [{"role": "service_lead", "quorum": 1}],
			"not": ["principal"],
			"expires_in": "72h",
			"on_expiry": "deny",
		},
	}
}

# METADATA
# title: No refund without a known amount and a known limit
# labels:
#   control: FIN-01
deny contains finding if {
	payment
	not judgeable
	finding := {
		"code": "REFUND_NOT_JUDGEABLE",
		"message": "the amount or its limit is not known",
		"control": "FIN-01",
		"rule": "No refund without a known amount and a known limit",
	}
}

judgeable if {
	is_number(limit)
	is_number(amount)
}

# In a forecast the amount is not known yet, and is said to be so.
judgeable if {
	is_number(limit)
	"/amount_eur" in input.action.unknown
}
