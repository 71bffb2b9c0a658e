package policies.org.privileged_test

import data.policies.org.privileged

settings := {"actions": ["email.send", "notes.release_note"]}

codes(question, given) := {finding.code |
	some finding in privileged.deny with input as question with data.settings.leaving as given
}

doing(system, operation, labels) := {
	"kind": "action",
	"action": {"system": system, "operation": operation, "args": {}, "labels": labels},
}

plan(labels) := {
	"kind": "plan",
	"plan": {"steps": [{"id": "mail", "action": {"system": "email", "operation": "send", "labels": labels}}]},
}

test_an_ordinary_letter_leaves if {
	codes(doing("email", "send", {"/to": ["pii"], "/body": ["pii", "untrusted"]}), settings) == set()
}

test_privileged_text_does_not_leave[name] if {
	some name, question in {
		"in_the_body": doing("email", "send", {"/body": ["privileged"]}),
		"in_what_is_attached": doing("email", "send", {"/attachment/document": ["privileged"]}),
		"in_what_is_released": doing("notes", "release_note", {"/letter": ["privileged"]}),
	}
	codes(question, settings) == {"PRIVILEGED_MUST_NOT_LEAVE"}
}

test_privileged_text_stays_in_the_firm if {
	codes(doing("notes", "draft_note", {"/memos": ["privileged"]}), settings) == set()
}

test_no_plan_sends_privileged_text if {
	codes(plan({"/body": ["privileged"]}), settings) == {"PRIVILEGED_MUST_NOT_LEAVE"}
	codes(plan({"/body": ["untrusted"]}), settings) == set()
}

test_it_goes_nowhere_while_it_is_not_known_what_leaves[name] if {
	some name, given in {"not_said": {}, "none": {"actions": []}, "no_list": {"actions": "email.send"}}
	codes(doing("notes", "draft_note", {"/memos": ["privileged"]}), given) == {"PRIVILEGED_MUST_NOT_LEAVE"}
	codes(doing("notes", "draft_note", {"/memos": ["untrusted"]}), given) == set()
}
