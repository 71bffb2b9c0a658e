package policies.process.contract_renewal.work_items_test

import data.policies.process.contract_renewal.work_items

chosen(choice, role, email) := {
	"kind": "approval",
	"step": {"id": "follow_up"},
	"run": {"steps": [{"id": "email", "action": "email.send", "state": email}]},
	"work_item": {"choice": choice, "role": role, "action": "tasks.create_task"},
}

granted(question) := {finding.code | some finding in work_items.allow with input as question}

refused(question) := {finding.code | some finding in work_items.deny with input as question}

test_a_sales_director_says_what_follows[choice] if {
	some choice in ["retry", "skip", "compensate"]
	granted(chosen(choice, "sales_director", "denied")) == {"DIRECTOR_CHOSE"}
	refused(chosen(choice, "sales_director", "denied")) == set()
}

test_nobody_else_does if {
	granted(chosen("retry", "account_manager", "denied")) == set()
}

test_to_settle_what_is_unknown_is_not_granted if {
	granted(chosen("reconcile", "sales_director", "denied")) == set()
}

test_an_action_is_not_granted_here if {
	granted(object.union(chosen("retry", "sales_director", "denied"), {"kind": "action"})) == set()
}

test_an_offer_that_the_customer_has_stands[state] if {
	some state in ["succeeded", "unknown", "dispatched"]
	refused(chosen("compensate", "sales_director", state)) == {"CUSTOMER_HAS_THE_OFFER"}
}

test_what_takes_nothing_back_is_free_after_the_letter[choice] if {
	some choice in ["retry", "skip"]
	refused(chosen(choice, "sales_director", "succeeded")) == set()
}
