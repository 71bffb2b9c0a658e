# METADATA
# title: Fees, and what finance may know of the work
# description: Holds for the agents of finance, whatever the process gives them.
# custom:
#   owner: per.holm
package policies.department.finance.fees

fee if {
	input.kind == "action"
	input.agent.department == "finance"
	input.action.system == "billing"
}

# METADATA
# title: Privileged words are taken out before finance sees them
# labels:
#   control: PRV-14
obligations contains {"type": "redact", "path": "", "labels": ["privileged"]} if fee

# METADATA
# title: The fees of a matter are counted
# description: By the month; what goes beyond the limit is denied by the gate.
obligations contains {"type": "reserve", "ledger": "review_fees", "amount": input.action.args.amount} if fee
