# METADATA
# title: What must never leave the company
# description: |
#   Holds in sales' processes and for its agents. Numbers and patterns are in data/outbound.yaml; when they cannot be read,
#   nothing leaves.
# custom:
#   owner: data-protection
package policies.department.sales.privacy

import data.assent.lib.labels

outbound if input.action.system in data.settings.outbound.systems

# METADATA
# title: No bank, card or access data in what leaves
# labels:
#   control: PRV-01
deny contains finding if {
	input.kind == "action"
	outbound
	some pattern in data.settings.outbound.patterns
	some text in texts
	regex.match(pattern.regex, text)
	finding := {
		"code": "DATA_MUST_NOT_LEAVE",
		"message": sprintf("the text holds %s", [pattern.name]),
		"control": "PRV-01",
		"rule": "No bank, card or access data in what leaves",
	}
}

# METADATA
# title: Nothing leaves while it is not known what must not
# labels:
#   control: PRV-01
deny contains finding if {
	input.kind == "action"
	not patterns_usable
	finding := {
		"code": "OUTBOUND_RULES_UNUSABLE",
		"message": "data/outbound.yaml names no outbound systems, no patterns, or one that is no regular expression",
		"control": "PRV-01",
		"rule": "Nothing leaves while it is not known what must not",
	}
}

# METADATA
# title: Confidential values do not leave
# labels:
#   control: PRV-02
deny contains finding if {
	input.kind == "action"
	outbound
	labels.any_carries({"confidential"})
	finding := {
		"code": "CONFIDENTIAL_MUST_NOT_LEAVE",
		"message": "a confidential value is part of what would be sent",
		"control": "PRV-02",
		"rule": "Confidential values do not leave",
	}
}

# METADATA
# title: Nobody outside chooses who is written to
# description: A recipient out of an untrusted text would let that text send our data anywhere.
# labels:
#   control: PRV-03
deny contains finding if {
	input.kind == "action"
	outbound
	labels.untrusted("/to")
	finding := {
		"code": "RECIPIENT_UNTRUSTED",
		"message": "the recipient comes from an untrusted source",
		"control": "PRV-03",
		"rule": "Nobody outside chooses who is written to",
	}
}

# METADATA
# title: Personal data stay in the systems meant for them
# labels:
#   control: PRV-04
deny contains finding if {
	input.kind == "action"
	labels.any_carries({"pii"})
	not input.action.system in data.settings.outbound.pii_systems
	finding := {
		"code": "PERSONAL_DATA_NOT_ALLOWED_HERE",
		"message": "personal data may not be handed to this system",
		"control": "PRV-04",
		"rule": "Personal data stay in the systems meant for them",
	}
}

# Names of members are sent as well as their values.
texts contains value if {
	walk(input.action.args, [_, value])
	is_string(value)
}

texts contains key if {
	walk(input.action.args, [path, _])
	some key in path
	is_string(key)
}

patterns_usable if {
	count(data.settings.outbound.systems) > 0
	count(data.settings.outbound.patterns) > 0
	every pattern in data.settings.outbound.patterns {
		regex.is_valid(pattern.regex)
		is_string(pattern.name)
	}
}
