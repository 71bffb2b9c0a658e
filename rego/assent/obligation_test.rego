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

test_a_department_obliges_too if {
	duty := {"type": "notify", "role": "owner"}
	found := obligation.merged with input as {"process": {"name": "p", "department": "d"}}
		with data.policies as {"department": {"d": {"x": {"obligations": {duty}}}}}
	found == [duty]
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
