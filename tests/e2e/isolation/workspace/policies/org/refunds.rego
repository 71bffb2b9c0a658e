# METADATA
# title: Refunds, in any tenant
# custom:
#   owner: pat
package policies.org.refunds

# METADATA
# title: The desk may do what it is appointed to do
# labels:
#   control: SRV-01
allow contains finding if {
	input.kind in {"plan", "action", "amendment", "approval", "memory"}
	finding := {
		"code": "APPOINTED",
		"message": "the desk does this",
		"control": "SRV-01",
		"rule": "The desk may do what it is appointed to do",
	}
}

# METADATA
# title: A large refund needs two directors
# labels:
#   control: FIN-01
require_approval contains finding if {
	input.kind == "action"
	input.action.args.large
	finding := {
		"code": "LARGE",
		"message": "this one needs two directors",
		"control": "FIN-01",
		"rule": "A large refund needs two directors",
		"approval": {"stages": [{"role": "director", "quorum": 2}], "expires_in": "1h", "on_expiry": "deny"},
	}
}

# METADATA
# title: What is paid is counted
# labels:
#   control: FIN-02
obligations contains {"type": "reserve", "ledger": "payments", "amount": "10.00"} if {
	input.kind == "action"
	input.action.operation == "pay"
}
