package policies.org.baseline_test

test_reading_is_allowed if {
	action := {"system": "crm", "operation": "read_usage", "effect": "read", "args": {}, "labels": {}}
	decision := data.assent.decision with input as {"kind": "action", "action": action, "process": {"name": "contract_renewal"}}
	decision.verdict == "allow"
}

test_personal_data_is_not_emailed if {
	action := {"system": "email", "operation": "send", "args": {"body": "x"}, "labels": {"/body": ["pii"]}}
	some finding in data.policies.org.baseline.deny with input as {"kind": "action", "action": action}
	finding.code == "PII_IN_EMAIL"
}
