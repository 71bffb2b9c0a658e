# METADATA
# title: Refunds, as runs of earlier versions met them
# description: The order says what becomes of a payment.
# custom:
#   owner: head-of-service
package policies.org.refunds

# METADATA
# title: The desk may do what it is appointed to do
# labels:
#   control: SRV-01
allow contains finding if {
	input.kind in {"plan", "action"}
	finding := {
		"code": "APPOINTED",
		"message": "the desk does this",
		"control": "SRV-01",
		"rule": "The desk may do what it is appointed to do",
	}
}

payment if {
	input.kind == "action"
	input.action.operation == "pay"
}

# METADATA
# title: A large refund needs a director
# labels:
#   control: FIN-01
require_approval contains finding if {
	payment
	startswith(input.action.args.order, "LARGE")
	finding := {
		"code": "LARGE",
		"message": "this one needs a director",
		"control": "FIN-01",
		"rule": "A large refund needs a director",
		"approval": {
			"stages": [{"role": "sales_director", "quorum": 1}],
			"not": ["principal"],
			"expires_in": "87600h",
			"on_expiry": "deny",
		},
	}
}

# METADATA
# title: Some refunds wait for the window
# labels:
#   control: FIN-02
defer contains finding if {
	payment
	startswith(input.action.args.order, "LATER")
	time.parse_rfc3339_ns(input.time) < time.parse_rfc3339_ns(data.settings.window.open_from)
	finding := {
		"code": "NOT_YET",
		"message": "the window is not open",
		"control": "FIN-02",
		"rule": "Some refunds wait for the window",
		"until": data.settings.window.open_from,
	}
}

# METADATA
# title: Nobody waits for ever
# labels:
#   control: OPS-01
obligations contains {"type": "timeout", "after": "60s"} if input.kind == "action"
