# METADATA
# title: What legal must never let out
# description: |
#   Holds in legal's processes and for its agents. The patterns are in data/outbound.yaml; when they cannot be read,
#   nothing leaves. What is privileged is the organisation's to keep: policies/org/privileged.rego.
# custom:
#   owner: carmen.diaz
package policies.department.legal.outbound

import data.assent.lib.labels

letter if {
	input.kind == "action"
	input.action.system == "email"
}

# METADATA
# title: No text chooses who is written to
# description: A recipient out of an untrusted text would let that text send our data anywhere.
# labels:
#   control: PRV-12
deny contains finding if {
	letter
	labels.untrusted("/to")
	finding := {
		"code": "RECIPIENT_UNTRUSTED",
		"message": "the recipient comes out of an untrusted text",
		"control": "PRV-12",
		"rule": "No text chooses who is written to",
	}
}

# METADATA
# title: Orders to machines are not passed on
# description: Only what is untrusted is looked at, argument by argument; our own words may say what they like.
# labels:
#   control: SEC-01
deny contains finding if {
	letter
	some order in data.settings.outbound.orders
	some text in untrusted_texts
	regex.match(order.regex, text)
	finding := {
		"code": "ORDERS_IN_TEXT",
		"message": sprintf("the text orders whatever reads it %s", [order.name]),
		"control": "SEC-01",
		"rule": "Orders to machines are not passed on",
	}
}

# METADATA
# title: Nothing leaves while it is not known what must not
# labels:
#   control: PRV-16
deny contains finding if {
	input.kind == "action"
	not usable
	finding := {
		"code": "OUTBOUND_RULES_UNUSABLE",
		"message": "data/outbound.yaml names no orders, or one that is no regular expression",
		"control": "PRV-16",
		"rule": "Nothing leaves while it is not known what must not",
	}
}

# METADATA
# title: Personal data stay in the systems meant for them
# labels:
#   control: PRV-13
deny contains finding if {
	input.kind == "action"
	labels.any_carries({"pii"})
	not input.action.system in {"notes", "email"}
	finding := {
		"code": "PERSONAL_DATA_NOT_ALLOWED_HERE",
		"message": "personal data may not be handed to this system",
		"control": "PRV-13",
		"rule": "Personal data stay in the systems meant for them",
	}
}

untrusted_texts contains text if {
	walk(input.action.args, [path, text])
	is_string(text)
	"untrusted" in labels.at(pointer(path))
}

pointer(path) := concat("", [sprintf("/%v", [name]) | some name in path])

usable if {
	count(data.settings.outbound.orders) > 0
	every order in data.settings.outbound.orders {
		regex.is_valid(order.regex)
		is_string(order.name)
	}
}
