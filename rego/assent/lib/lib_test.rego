package assent.lib_test

import data.assent.lib.amount
import data.assent.lib.duration
import data.assent.lib.labels

action := {"action": {"labels": {
	"/to": ["pii"],
	"/items/0/note": ["untrusted"],
	"/total": ["confidential"],
}}}

test_any_label_of_any_argument if {
	labels.carried == {"pii", "untrusted", "confidential"} with input as action
}

test_labels_hold_for_what_is_below[pointer] if {
	some pointer in ["/to", "/to/0", "/to/name/first"]
	labels.at(pointer) == {"pii"} with input as action
	labels.above(pointer) == {"pii"} with input as action
}

test_a_value_is_as_sensitive_as_what_is_inside_it[pointer] if {
	some pointer in ["/items", "/items/0", "/items/0/note"]
	labels.at(pointer) == {"untrusted"} with input as action
	labels.below(pointer) == {"untrusted"} with input as action
}

test_the_whole_carries_everything if {
	labels.at("") == {"pii", "untrusted", "confidential"} with input as action
}

test_a_name_that_begins_alike_is_another_name if {
	labels.at("/t") == set() with input as action
	labels.at("/to2") == set() with input as action
}

test_a_label_of_the_whole_holds_everywhere if {
	labels.at("/anything") == {"pii"} with input as {"action": {"labels": {"": ["pii"]}}}
}

test_one_of_several_labels if {
	labels.carries("/to", {"pii", "secret"}) with input as action
	not labels.carries("/to", {"secret"}) with input as action
}

test_untrusted_is_told_of_each_argument if {
	labels.untrusted("/items") with input as action
	not labels.untrusted("/to") with input as action
	not labels.untrusted("/total") with input as action
	labels.untrusted("/to") with input as {"action": {"labels": {"": ["untrusted"]}}}
}

test_one_argument_is_enough_for_what_leaves if {
	labels.any_carries({"confidential", "secret"}) with input as action
	not labels.any_carries({"secret"}) with input as action
	not labels.any_carries({"secret"}) with input as {"action": {"labels": {}}}
}

test_durations[text] if {
	some text, ns in {"1ms": 1000000, "2s": 2000000000, "3m": 180000000000, "4h": 14400000000000, "5d": 432000000000000}
	duration.is_duration(text)
	duration.ns(text) == ns
}

test_what_is_no_duration[text] if {
	some text in ["", "1", "s", "1.5s", "-1s", "1 s", "1w", "1s ", 1, null]
	not duration.is_duration(text)
	not duration.ns(text)
}

test_amounts_are_exact if {
	amount.units("0.000000001") == 1
	amount.units("1200.50") == 1200500000000
	amount.above("10", "9")
	amount.above("999999999999999.000000001", "999999999999999")
	not amount.above("999999999999999", "999999999999999.000000001")
	not amount.above("1.0", "1")
}

test_what_is_no_amount[text] if {
	some text in ["", "-1", "1e3", "1.", ".5", "1,5", "1.0000000001", 1, null]
	not amount.is_amount(text)
	not amount.units(text)
	not amount.above(text, "0")
	not amount.above("1", text)
}

test_a_ledger_has_room_for_what_is_neither_spent_nor_reserved if {
	asked := {"ledgers": {"eur": {"limit": "100", "spent": "40.5", "reserved": "9.5"}}}
	amount.left("eur") == 50000000000 with input as asked
	amount.fits("eur", "50") with input as asked
	not amount.fits("eur", "50.01") with input as asked
	not amount.fits("usd", "1") with input as asked
	amount.is_amount("50.01")
}

test_what_may_have_been_spent_is_not_left if {
	asked := {"ledgers": {"eur": {"limit": "100", "spent": "40", "reserved": "9", "held": "11"}}}
	amount.left("eur") == 40000000000 with input as asked
	not amount.fits("eur", "40.01") with input as asked
}

test_a_lowered_limit_leaves_less_than_nothing if {
	asked := {"ledgers": {"eur": {"limit": "10", "spent": "40.5", "reserved": "0", "held": "0"}}}
	amount.left("eur") == -30500000000 with input as asked
	not amount.fits("eur", "0") with input as asked
}
