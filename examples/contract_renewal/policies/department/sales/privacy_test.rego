package policies.department.sales.privacy_test

import data.policies.department.sales.privacy

settings := {
	"systems": ["email"],
	"pii_systems": ["email", "tasks"],
	"patterns": [{"name": "a bank account number (IBAN)", "regex": "\\b[A-Z]{2}[0-9]{2}(?: ?[A-Z0-9]{4}){2,7}"}],
}

letter := {
	"kind": "action",
	"action": {
		"system": "email",
		"operation": "send",
		"args": {"to": "greta@example.com", "subject": "Your renewal", "body": "Dear Greta"},
		"labels": {"/to": ["pii"], "/body": ["pii", "untrusted"]},
	},
}

codes(question, outbound) := {finding.code |
	some finding in privacy.deny with input as question with data.settings.outbound as outbound
}

with_body(body) := json.patch(letter, [{"op": "replace", "path": "/action/args/body", "value": body}])

with_labels(labels) := json.patch(letter, [{"op": "replace", "path": "/action/labels", "value": labels}])

in_system(system) := json.patch(letter, [{"op": "replace", "path": "/action/system", "value": system}])

test_an_ordinary_letter_leaves if {
	codes(letter, settings) == set()
}

test_a_bank_account_number_does_not_leave if {
	codes(with_body("please use DE89 3704 0044 0532 0130 00"), settings) == {"DATA_MUST_NOT_LEAVE"}
}

test_a_bank_account_number_is_found_however_deep if {
	codes(with_body({"lines": ["x", {"account": "DE89370400440532013000"}]}), settings) == {"DATA_MUST_NOT_LEAVE"}
}

test_a_bank_account_number_is_found_in_the_name_of_a_member if {
	codes(with_body({"DE89370400440532013000": true}), settings) == {"DATA_MUST_NOT_LEAVE"}
}

test_inside_the_company_a_bank_account_number_may_be_passed_on if {
	question := json.patch(in_system("tasks"), [{"op": "replace", "path": "/action/args/body", "value": "DE89370400440532013000"}])
	codes(question, settings) == set()
}

test_a_confidential_value_does_not_leave if {
	codes(with_labels({"/body": ["confidential"]}), settings) == {"CONFIDENTIAL_MUST_NOT_LEAVE"}
}

test_a_confidential_value_stays_inside_the_company if {
	codes(json.patch(in_system("tasks"), [{"op": "replace", "path": "/action/labels", "value": {"/body": ["confidential"]}}]), settings) == set()
}

test_an_untrusted_recipient_is_refused if {
	codes(with_labels({"/to": ["pii", "untrusted"]}), settings) == {"RECIPIENT_UNTRUSTED"}
}

test_a_recipient_is_untrusted_when_everything_is if {
	codes(with_labels({"": ["untrusted"]}), settings) == {"RECIPIENT_UNTRUSTED"}
}

test_personal_data_stay_in_the_systems_meant_for_them if {
	codes(in_system("product_analytics"), settings) == {"PERSONAL_DATA_NOT_ALLOWED_HERE"}
}

test_nothing_happens_without_settings[name] if {
	some name, outbound in {
		"no_systems": object.remove(settings, ["systems"]),
		"empty_systems": object.union(settings, {"systems": []}),
		"no_patterns": object.remove(settings, ["patterns"]),
		"empty_patterns": object.union(settings, {"patterns": []}),
		"broken_pattern": object.union(settings, {"patterns": [{"name": "x", "regex": "("}]}),
		"nameless_pattern": object.union(settings, {"patterns": [{"regex": "x"}]}),
	}
	"OUTBOUND_RULES_UNUSABLE" in codes(letter, outbound)
}

test_a_finding_names_its_control_and_not_the_number if {
	some finding in privacy.deny with input as with_body("DE89370400440532013000") with data.settings.outbound as settings
	finding.control == "PRV-01"
	finding.message == "the text holds a bank account number (IBAN)"
}
