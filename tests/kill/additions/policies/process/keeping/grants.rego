# METADATA
# title: What is kept of a customer
# custom:
#   owner: head-of-renewals
package policies.process.keeping.grants

# METADATA
# title: It may be remembered, recalled and forgotten
# labels:
#   control: KILL-02
allow contains {"code": "KEPT", "control": "KILL-02"} if input.kind in {"plan", "action"}

# METADATA
# title: Callers may look for it afterwards
# labels:
#   control: KILL-03
allow contains {"code": "LOOKED_FOR", "control": "KILL-03"} if {
	input.kind == "memory"
	input.memory.operation == "recall"
}
