# METADATA
# title: Secrets may be used, and policies say too much of them
package policies.org.rules

# METADATA
# title: All may be done
# labels:
#   control: CAN-01
allow contains finding if {
	input.kind in {"plan", "action", "approval", "memory", "batch"}
	finding := {"code": "FINE", "message": "it is fine", "control": "CAN-01"}
}

# METADATA
# title: What goes away is approved
# labels:
#   control: CAN-02
require_approval contains finding if {
	input.action.operation == "wire"
	not approved
	finding := {
		"code": "GOES_AWAY",
		"message": sprintf("it goes to %s", [input.action.args.to]),
		"control": "CAN-02",
		"approval": {"stages": [{"role": "sales_director"}], "editable": ["/amount"], "rationale": "optional"},
	}
}

approved if some one in input.approvals

# METADATA
# title: Something is refused, and the refusal repeats what it is about
# labels:
#   control: CAN-03
deny contains finding if {
	input.action.args.mode == "refused"
	finding := {
		"code": sprintf("NO_%s", [regex.replace(upper(input.action.args.secret), "[^A-Z0-9]", "_")]),
		"message": sprintf("not with %s and %v", [input.action.args.secret, input.inputs]),
		"control": sprintf("CAN-%s", [input.action.args.secret]),
	}
}
