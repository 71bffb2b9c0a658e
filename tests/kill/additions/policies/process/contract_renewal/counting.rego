# METADATA
# title: Each change counts one
# custom:
#   owner: it-operations
package policies.process.contract_renewal.counting

# METADATA
# title: What changes something is counted
# labels:
#   control: KILL-01
obligations contains {"type": "reserve", "ledger": "changes", "amount": "1.00"} if {
	input.kind == "action"
	input.action.effect != "read"
}
