package assent.duty_test

import data.assent.duty

test_obligations_as_in_the_contract_are_well_formed if {
	duty.all_well_formed({
		{"type": "redact", "path": "", "labels": {"pii"}},
		{"type": "redact", "path": "/a/0"},
		{"type": "retry", "max_attempts": 4, "backoff": "2s", "factor": 1.5, "max_backoff": "60s"},
		{"type": "timeout", "after": "500ms"},
		{"type": "reserve", "ledger": "discount_eur", "amount": "1200.00"},
		{"type": "reserve", "ledger": "discount_eur", "amount": "1200.00", "actual": "/given/amount"},
		{"type": "remember", "class": "notes", "purpose": "to know it", "subject": "/account", "path": "/x"},
		{"type": "entrust", "ledgers": {"discount_eur": "500.00", "letters": "0"}, "memory": ["notes"]},
		{"type": "entrust", "memory": set()},
		{"type": "notify", "role": "owner", "template": "done"},
	})
}

test_a_mistake_in_an_obligation_is_found[name] if {
	some name, one in {
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
		"entrust_nothing_said": {"type": "entrust", "ledgers": {}},
		"entrust_number": {"type": "entrust", "ledgers": {"eur": 1}},
		"entrust_list": {"type": "entrust", "ledgers": ["eur"]},
		"entrust_ledger": {"type": "entrust", "ledgers": {"EUR": "1"}},
		"entrust_class": {"type": "entrust", "memory": ["Notes"]},
		"entrust_text": {"type": "entrust", "memory": "notes"},
		"entrust_null": {"type": "entrust", "memory": null},
		"actual": {"type": "reserve", "ledger": "eur", "amount": "1", "actual": "given"},
	}
	not duty.all_well_formed({one})
}
