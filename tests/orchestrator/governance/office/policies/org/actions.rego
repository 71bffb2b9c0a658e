# METADATA
# title: What single actions may be
package policies.org.actions

import data.assent.lib.labels

granted := {"crm.read", "crm.update", "crm.delete", "email.send", "desk.review", "desk.pay", "desk.book"}

name := concat(".", [input.action.system, input.action.operation])

args := input.action.args

allow contains {"code": "OFFICE_WORK"} if {
	input.kind == "action"
	name in granted
}

deny contains {"code": "CONFIDENTIAL_MUST_NOT_LEAVE", "control": "PRV-02"} if {
	name == "email.send"
	labels.carries("", {"confidential"})
}

deny contains {"code": "IBAN_MUST_NOT_LEAVE", "control": "PRV-01"} if {
	name == "email.send"
	walk(args, [_, text])
	is_string(text)
	contains(text, "DE00")
}

deny contains {"code": "TOO_URGENT"} if {
	name == "email.send"
	args.subject == "urgent"
	args.body == "urgent"
}

deny contains {"code": "TOO_MUCH", "control": "FIN-01"} if {
	name == "desk.pay"
	args.amount > 1000
}

deny contains {"code": "AMOUNT_NEEDED", "control": "FIN-02"} if {
	name == "desk.pay"
	not args.amount
	not "/amount" in input.action.unknown
}

deny contains {"code": "RECIPIENT_NEEDED"} if {
	name == "desk.pay"
	not args.to
}

deny contains {"code": "RECIPIENT_UNWANTED"} if {
	name == "desk.pay"
	args.to == "nobody"
}

require_approval contains finding if {
	name == "desk.pay"
	args.amount > 100
	finding := {
		"code": "LARGE_PAYMENT",
		"control": "FIN-03",
		"approval": {"stages": [{"role": "boss", "quorum": 2}]},
	}
}

halt contains {"code": "NEVER_DELETE"} if {
	name == "crm.delete"
	args.all == true
}

obligations contains {"type": "notify", "role": "host"} if name == "desk.book"
