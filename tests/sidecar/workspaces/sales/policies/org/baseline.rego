# METADATA
# title: What holds everywhere
package policies.org.baseline

# METADATA
# title: Reading is allowed to the agents that were appointed for it
# labels:
#   control: ORG-01
allow contains finding if {
	input.kind == "action"
	input.action.effect == "read"
	finding := {"code": "READ_ONLY", "message": "reading is allowed", "control": "ORG-01"}
}

# METADATA
# title: Personal data leaves the house by nobody's hand
# labels:
#   control: PRIV-02
deny contains finding if {
	input.action.system == "email"
	"pii" in data.assent.lib.labels.below("/body")
	finding := {"code": "PII_IN_EMAIL", "message": "personal data may not be emailed", "control": "PRIV-02"}
}

# METADATA
# title: Nothing that cannot be undone takes longer than ten seconds
# labels:
#   control: ORG-03
obligations contains {"type": "timeout", "after": "10s"} if input.action.effect == "irreversible"
