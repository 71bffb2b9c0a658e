package policies.process.contract_review.sequence_test

import data.policies.process.contract_review.sequence

step(id, system, operation, after) := {
	"id": id,
	"action": {"system": system, "operation": operation},
	"depends_on": after,
}

plan(drafted_after, sent_after) := {"kind": "plan", "plan": {"steps": [
	step("check", "library", "check_citations", []),
	step("draft", "notes", "draft_note", drafted_after),
	step("release", "notes", "release_note", ["draft"]),
	step("mail", "email", "send", sent_after),
]}}

codes(question) := {finding.code | some finding in sequence.deny with input as question}

test_the_order_of_the_process_is_fine if {
	codes(plan(["check"], ["release"])) == set()
}

test_nobody_is_written_to_before_the_release if {
	codes(plan(["check"], ["draft"])) == {"LETTER_BEFORE_RELEASE"}
}

test_nothing_is_drafted_before_the_check if {
	codes(plan([], ["release"])) == {"DRAFT_BEFORE_CITATIONS"}
}

test_they_hold_for_what_is_suggested if {
	codes(object.union(plan(["check"], ["draft"]), {"kind": "amendment"})) == {"LETTER_BEFORE_RELEASE"}
	codes(object.union(plan([], ["release"]), {"kind": "amendment"})) == {"DRAFT_BEFORE_CITATIONS"}
	codes(object.union(plan([], ["draft"]), {"kind": "action"})) == set()
}
