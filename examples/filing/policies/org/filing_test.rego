package policies.org.filing_test

import data.policies.org.filing

letter := {"folder": "2026", "title": "Invoice", "text": "42 EUR"}

under := {"agent": "intake", "action": "clerk.file", "depth": 1}

putting := {
	"kind": "action",
	"agent": {"id": "clerk"},
	"process": {"name": "filing"},
	"action": {"system": "archive", "operation": "put", "args": letter},
	"under": under,
}

codes(findings) := {finding.code | some finding in findings}

test_letters_may_be_filed if {
	codes(filing.allow) == {"FILING_PLANNED"} with input as {"kind": "plan"}
	calling := {"kind": "action", "agent": {"id": "intake"}, "action": {"system": "clerk"}, "under": null}
	codes(filing.allow) == {"INTAKE_FILES"} with input as calling
}

test_the_mail_room_hands_its_letters_to_the_clerk_by_calling_it if {
	calling := {"from": "intake", "to": "clerk", "reason": "call"}
	handing := {"kind": "handoff", "process": {"name": "filing"}, "handoff": calling}
	codes(filing.allow) == {"HANDED_TO_THE_CLERK"} with input as handing
	every wrong in [{"from": "clerk", "to": "intake"}, {"to": "other"}, {"reason": "next"}] {
		other := object.union(handing, {"handoff": wrong})
		count(filing.allow) == 0 with input as other
	}
}

test_the_clerk_puts_away_what_it_was_given_to_file if {
	codes(filing.allow) == {"CLERK_PUTS_AWAY"} with input as putting
	count(filing.deny) == 0 with input as putting
}

test_the_clerk_puts_nothing_away_by_itself_or_for_others if {
	every wrong in [
		{"under": null},
		{"under": object.union(under, {"action": "clerk.tidy"})},
		{"under": object.union(under, {"agent": "somebody"})},
		{"process": {"name": "other"}},
		{"agent": {"id": "intake"}},
	] {
		count(filing.allow) == 0 with input as object.union(object.remove(putting, object.keys(wrong)), wrong)
	}
}

test_a_sealed_letter_is_not_put_away if {
	sealed := object.union(putting, {"action": {"args": {"title": "SEALED: for Ada"}}})
	codes(filing.deny) == {"SEALED"} with input as sealed
}
