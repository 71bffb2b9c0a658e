package policies.process.contract_renewal.branches_test

import data.policies.process.contract_renewal.branches

question(level) := {"kind": "condition", "condition": {"name": "any", "outputs": {"risk": {"level": level}}}}

taken(asked) := {name |
	some name in ["stable", "at_risk", "upsell"]
	branches[name] with input as asked
}

test_each_level_takes_its_own_way[level] if {
	some level in ["stable", "at_risk", "upsell"]
	taken(question(level)) == {level}
}

test_an_unforeseen_level_takes_no_way if {
	taken(question("excellent")) == set()
}

test_without_a_level_no_way_is_taken if {
	taken({"kind": "condition", "condition": {"name": "stable", "outputs": {}}}) == set()
}
