package policies.process.contract_review.reliability_test

import data.policies.process.contract_review.reliability

numbers := {
	"read": {"timeout": "10s", "max_attempts": 4, "backoff": "500ms", "max_backoff": "10s"},
	"write": {"timeout": "20s", "max_attempts": 3, "backoff": "1s", "max_backoff": "30s"},
	"irreversible": {"timeout": "30s", "max_attempts": 9, "backoff": "1s", "max_backoff": "1s"},
}

types(effect) := {obligation.type |
	some obligation in reliability.obligations with input as {"kind": "action", "action": {"effect": effect}}
		with data.settings.reliability as numbers
}

test_reads_and_writes_are_tried_again[effect] if {
	some effect in ["read", "write"]
	types(effect) == {"timeout", "retry"}
}

test_what_cannot_be_taken_back_is_tried_once if {
	types("irreversible") == {"timeout"}
}

test_the_numbers_are_those_of_the_data if {
	{"type": "timeout", "after": "10s"} in reliability.obligations with input as {"kind": "action", "action": {"effect": "read"}}
		with data.settings.reliability as numbers
}
