# METADATA
# title: How long to wait, how often to ask again
# description: |
#   The numbers are in data/reliability.yaml. What cannot be taken back is never asked for twice.
# custom:
#   owner: per.holm
package policies.process.contract_review.reliability

numbers := data.settings.reliability[input.action.effect]

# METADATA
# title: Nobody waits for ever
# labels:
#   control: OPS-01
obligations contains {"type": "timeout", "after": numbers.timeout} if input.kind == "action"

# METADATA
# title: What failed without an effect is tried again
# labels:
#   control: OPS-02
obligations contains obligation if {
	input.kind == "action"
	input.action.effect in {"read", "write"}
	obligation := {
		"type": "retry",
		"max_attempts": numbers.max_attempts,
		"backoff": numbers.backoff,
		"factor": 2,
		"max_backoff": numbers.max_backoff,
	}
}
