# METADATA
# title: What a refund may do
# description: Everything that is not granted here is denied.
# custom:
#   owner: head-of-service
package policies.process.refund.grants

needed := {"shop.get_order", "shop.refund", "shop.tell_customer"}

# METADATA
# title: A refund may be started
# labels:
#   control: SRV-01
allow contains finding if {
	input.kind == "plan"
	finding := {
		"code": "REFUND_PLANNED",
		"message": "a refund may be started",
		"control": "SRV-01",
		"rule": "A refund may be started",
	}
}

# METADATA
# title: A refund does what it needs
# labels:
#   control: SRV-02
allow contains finding if {
	input.kind == "action"
	concat(".", [input.action.system, input.action.operation]) in needed
	finding := {
		"code": "REFUND_STEP",
		"message": "a refund needs this",
		"control": "SRV-02",
		"rule": "A refund does what it needs",
	}
}

# METADATA
# title: The work of a refund passes between its agents
# description: There is one by now. Another one takes over as agents/*.yaml declare it (hands_over_to).
# labels:
#   control: SRV-05
allow contains finding if {
	input.kind == "handoff"
	input.handoff.to in data.catalogue.agents[input.handoff.from].hands_over_to
	finding := {
		"code": "REFUND_HANDED_OVER",
		"message": "the one agent hands over to the other",
		"control": "SRV-05",
		"rule": "The work of a refund passes between its agents",
	}
}

# METADATA
# title: Nobody waits for ever
# labels:
#   control: OPS-01
obligations contains {"type": "timeout", "after": "20s"} if input.kind == "action"
