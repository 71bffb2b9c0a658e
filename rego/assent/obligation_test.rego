package assent.obligation_test

import data.assent.obligation

merged(first, second) := found if {
	found := obligation.merged with input as {"process": {"name": "p", "department": "d"}}
		with data.policies as {"org": {"x": {"obligations": first}}, "process": {"p": {"y": {"obligations": second}}}}
}

test_obligations_of_all_scopes_add_up_and_equal_ones_are_one if {
	redact := {"type": "redact", "path": "/body", "labels": ["pii"]}
	reserve := {"type": "reserve", "ledger": "eur", "amount": "10.50"}
	notify := {"type": "notify", "role": "owner"}
	found := merged({redact, reserve}, {redact, notify})
	count(found) == 3
	{duty | some duty in found} == {notify, redact, reserve}
}

test_the_fewest_attempts_hold if {
	few := {"type": "retry", "max_attempts": 2, "backoff": "1s"}
	many := {"type": "retry", "max_attempts": 5}
	merged({few}, {many}) == [few]
	merged({many}, {few}) == [few]
}

test_the_shortest_timeout_holds if {
	merged({{"type": "timeout", "after": "1m"}}, {{"type": "timeout", "after": "59s"}}) == [{"type": "timeout", "after": "59s"}]
}

test_an_obligation_that_cannot_be_read_is_left_to_the_refusal if {
	duty := {"type": "timeout", "after": "1m"}
	merged({duty}, {{"type": "timeout", "after": "soon"}}) == [duty]
	merged({duty}, "nothing") == [duty]
}

test_obligations_as_in_the_contract_are_well_formed if {
	obligation.all_well_formed({
		{"type": "redact", "path": "", "labels": {"pii"}},
		{"type": "redact", "path": "/a/0"},
		{"type": "retry", "max_attempts": 4, "backoff": "2s", "factor": 1.5, "max_backoff": "60s"},
		{"type": "timeout", "after": "500ms"},
		{"type": "reserve", "ledger": "discount_eur", "amount": "1200.00"},
		{"type": "remember", "class": "notes", "path": "/x"},
		{"type": "notify", "role": "owner", "template": "done"},
	})
}

test_a_mistake_in_an_obligation_is_found[name] if {
	some name, duty in {
		"text": "timeout",
		"no_type": {"after": "1s"},
		"unknown_type": {"type": "dance"},
		"missing": {"type": "reserve", "ledger": "eur"},
		"unknown_key": {"type": "timeout", "after": "1s", "before": "2s"},
		"number_for_text": {"type": "timeout", "after": 1},
		"pointer": {"type": "redact", "path": "body"},
		"label": {"type": "redact", "path": "", "labels": ["PII!"]},
		"labels": {"type": "redact", "path": "", "labels": "pii"},
		"attempts": {"type": "retry", "max_attempts": 0},
		"attempts_half": {"type": "retry", "max_attempts": 1.5},
		"attempts_text": {"type": "retry", "max_attempts": "3"},
		"factor": {"type": "retry", "max_attempts": 3, "factor": 11},
		"factor_text": {"type": "retry", "max_attempts": 3, "factor": "2"},
		"amount": {"type": "reserve", "ledger": "eur", "amount": "-1"},
		"amount_number": {"type": "reserve", "ledger": "eur", "amount": 1},
	}
	not obligation.all_well_formed({duty})
}
