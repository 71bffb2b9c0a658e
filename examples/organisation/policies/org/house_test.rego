package policies.org.house_test

import data.policies.org.house

codes(principal, suspended) := {finding.code |
	some finding in house.deny with input as {"principal": {"id": principal}}
		with data.settings.house as {"suspended": suspended}
}

test_nothing_is_done_for_who_is_suspended if {
	codes("ines", ["ines"]) == {"PRINCIPAL_SUSPENDED"}
}

test_everybody_else_is_let_alone if {
	codes("dana", ["ines"]) == set()
}

test_while_it_is_not_known_nobody_is if {
	codes("dana", null) == {"SUSPENSIONS_UNKNOWN"}
}
