# METADATA
# title: How a renewal adapts to what is found
package policies.process.contract_renewal.branches

# METADATA
# title: The customer is about to leave
# labels:
#   control: SALES-11
at_risk if input.condition.outputs.usage.score < data.settings.limits.at_risk_below

# METADATA
# title: A renewal may be planned and mailed
# labels:
#   control: SALES-12
allow contains {"code": "RENEWAL", "message": "this is what a renewal does", "control": "SALES-12"} if {
	input.kind == "plan"
}

allow contains {"code": "RENEWAL", "message": "this is what a renewal does", "control": "SALES-12"} if {
	input.action.system == "email"
}
