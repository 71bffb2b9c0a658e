package assent_test

import data.assent

question := {
	"kind": "action",
	"time": "2026-01-01T12:00:00Z",
	"principal": {"id": "paul"},
	"agent": {"id": "seller", "department": "sales"},
	"process": {"name": "renewal", "department": "sales", "owner": "olga"},
	"action": {"system": "crm", "operation": "read", "args": {}, "labels": {}, "digest": "sha256:1"},
	"approvals": [],
}

granted := {"org": {"base": {"allow": {{"code": "FINE", "message": "fine", "control": "ORG-01"}}}}}

with_grant(policies) := object.union(granted, policies)

answer(policies) := decision if {
	decision := assent.decision with input as question with data.policies as policies
}

answer_to(asked, policies) := decision if {
	decision := assent.decision with input as asked with data.policies as policies
}

codes(decision) := [reason.code | some reason in decision.reasons]

test_without_policies_nothing_is_granted if {
	decision := answer({})
	decision.verdict == "deny"
	codes(decision) == ["NO_GRANT"]
}

test_a_grant_allows_and_says_who_gave_it if {
	answer(granted) == {
		"verdict": "allow",
		"reasons": [{"code": "FINE", "message": "fine", "control": "ORG-01", "scope": "org/base"}],
		"obligations": [],
		"approval": null,
		"defer_until": null,
	}
}

test_a_grant_may_come_from_any_scope_of_the_question[name] if {
	some name, policies in {
		"org": {"org": {"a": {"allow": {{"code": "X"}}}}},
		"department": {"department": {"sales": {"a": {"allow": {{"code": "X"}}}}}},
		"process": {"process": {"renewal": {"a": {"allow": {{"code": "X"}}}}}},
	}
	answer(policies).verdict == "allow"
}

test_other_scopes_do_not_count[name] if {
	some name, policies in {
		"department": {"department": {"finance": {"a": {"allow": {{"code": "X"}}}}}},
		"process": {"process": {"hiring": {"a": {"allow": {{"code": "X"}}}}}},
		"no_scope": {"elsewhere": {"a": {"allow": {{"code": "X"}}}}},
		"deeper": {"org": {"lib": {"a": {"allow": {{"code": "X"}}}}}},
	}
	codes(answer(policies)) == ["NO_GRANT"]
}

test_the_agents_department_restricts_too if {
	asked := object.union(question, {"agent": {"department": "finance"}})
	decision := answer_to(asked, with_grant({"department": {
		"finance": {"a": {"deny": {{"code": "NOT_FINANCE"}}}},
		"sales": {"b": {"deny": {{"code": "NOT_SALES"}}}},
	}}))
	decision.verdict == "deny"
	codes(decision) == ["NOT_FINANCE", "NOT_SALES", "FINE"]
}

strictness := {
	"allow": {"code": "A"},
	"defer": {"code": "B", "until": "2026-01-02T00:00:00Z"},
	"require_approval": {"code": "C", "approval": {"stages": [{"role": "boss"}]}},
	"deny": {"code": "D"},
	"halt": {"code": "E"},
}

test_the_strictest_verdict_wins[name] if {
	order := ["allow", "defer", "require_approval", "deny", "halt"]
	some index, name in order
	found := {verdict: {strictness[verdict]} | some verdict in array.slice(order, 0, index + 1)}
	every scope in [{"org": {"x": found}}, {"department": {"sales": {"x": found}}}, {"process": {"renewal": {"x": found}}}] {
		decision := answer(with_grant(scope))
		decision.verdict == name
		strictness[name].code in codes(decision)
	}
}

test_a_narrower_scope_cannot_lift if {
	decision := answer({
		"org": {"x": {"deny": {{"code": "NEVER"}}}},
		"department": {"sales": {"x": {"allow": {{"code": "PLEASE"}}}}},
		"process": {"renewal": {"x": {"allow": {{"code": "PLEASE"}}}}},
	})
	decision.verdict == "deny"
	codes(decision) == ["NEVER", "PLEASE", "PLEASE"]
	[object.get(reason, "grants", false) | some reason in decision.reasons] == [false, true, true]
}

test_what_needs_approval_or_time_needs_a_grant_too[verdict] if {
	some verdict in ["defer", "require_approval"]
	decision := answer({"org": {"x": {verdict: {strictness[verdict]}}}})
	decision.verdict == "deny"
	decision.reasons[0].code == "NO_GRANT"
}

test_no_grant_is_no_reason_beside_a_denial if {
	codes(answer({"org": {"x": {"deny": {{"code": "NEVER"}}}}})) == ["NEVER"]
}

test_a_malformed_finding_denies[name] if {
	some name, policies in {
		"true": {"allow": true},
		"false": {"deny": false},
		"text": {"deny": "no"},
		"array": {"halt": [{"code": "X"}]},
		"object": {"deny": {"code": "X"}},
		"element_is_text": {"deny": {"X"}},
		"element_is_false": {"deny": {false}},
		"no_code": {"allow": {{"message": "x"}}},
		"code_is_number": {"allow": {{"code": 1}}},
		"code_is_low": {"allow": {{"code": "fine"}}},
		"unknown_key": {"allow": {{"code": "X", "because": "y"}}},
		"own_scope": {"deny": {{"code": "X", "scope": "org/other"}}},
		"message_is_number": {"deny": {{"code": "X", "message": 1}}},
		"control_is_null": {"deny": {{"code": "X", "control": null}}},
		"defer_without_until": {"defer": {{"code": "X"}}},
		"defer_until_someday": {"defer": {{"code": "X", "until": "someday"}}},
		"approval_missing": {"require_approval": {{"code": "X"}}},
		"approval_in_deny": {"deny": {{"code": "X", "approval": {"stages": [{"role": "boss"}]}}}},
		"obligations_is_object": {"obligations": {"type": "timeout", "after": "1s"}},
		"obligation_unknown": {"obligations": {{"type": "dance"}}},
	}
	decision := answer(with_grant({"process": {"renewal": {"x": policies}}}))
	decision.verdict == "deny"
	decision.reasons[0].code in {"MALFORMED_FINDING", "MALFORMED_OBLIGATION"}
	decision.reasons[0].scope == "process/renewal/x"
}

test_what_is_wrong_with_an_approval_is_said if {
	wrong := {"stages": [{"role": "boss"}], "mask": "/iban", "editible": ["/a"], "A secret!": 1}
	decision := answer(with_grant({"org": {"x": {"require_approval": {{"code": "X", "approval": wrong}}}}}))
	decision.reasons[0].code == "MALFORMED_FINDING"
	endswith(decision.reasons[0].message, "not a set of findings: its approval has a fault in editible, mask")
}

test_a_malformed_finding_does_not_hide_a_halt if {
	answer(with_grant({"org": {"x": {"allow": {1}, "halt": {{"code": "STOP"}}}}})).verdict == "halt"
}

test_the_longest_deferral_counts if {
	decision := answer(with_grant({
		"org": {"x": {"defer": {{"code": "A", "until": "2026-01-01T13:00:00+01:00"}}}},
		"process": {"renewal": {"x": {"defer": {{"code": "B", "until": "2026-01-01T12:30:00Z"}}}}},
	}))
	decision.verdict == "defer"
	decision.defer_until == "2026-01-01T12:30:00Z"
}

test_obligations_come_with_an_allow_and_an_approval_only if {
	duty := {"type": "timeout", "after": "3s"}
	answer(with_grant({"org": {"x": {"obligations": {duty}, "allow": {strictness.allow}}}})).obligations == [duty]
	asked := answer(with_grant({"org": {
		"x": {"obligations": {duty}, "require_approval": {strictness.require_approval}},
		"base": {"allow": {strictness.allow}},
	}}))
	asked.obligations == [duty]
	answer(with_grant({"org": {"x": {"obligations": {duty}, "deny": {strictness.deny}}}})).obligations == []
}

needs_boss := {"org": {
	"base": {"allow": {{"code": "FINE"}}},
	"x": {"require_approval": {{"code": "BIG", "approval": {"stages": [{"role": "boss"}]}}}},
}}

test_an_approval_is_asked_for if {
	decision := answer(needs_boss)
	decision.verdict == "require_approval"
	codes(decision) == ["BIG", "FINE"]
	decision.approval == {
		"stages": [{"role": "boss", "quorum": 1, "substitutes": []}],
		"order": "sequence",
		"not": [],
		"expires_in": "72h",
		"on_expiry": "deny",
		"escalate": [],
		"remind": null,
		"rationale": "required",
		"editable": [],
		"mask": [],
		"mask_labels": [],
		"on_revision": "void",
		"break_glass": null,
	}
}

test_with_the_approval_it_is_allowed if {
	given := {"stage": 0, "role": "boss", "roles": ["boss"], "approver": "bea", "at": "2026-01-01T11:00:00Z", "digest": "sha256:1"}
	decision := answer_to(object.union(question, {"approvals": [given]}), needs_boss)
	decision.verdict == "allow"
	decision.approval == null
	codes(decision) == ["FINE"]
}

test_an_unknown_kind_is_denied[name] if {
	some name, asked in {
		"other": object.union(question, {"kind": "wish"}),
		"missing": object.remove(question, {"kind"}),
		"nothing": {},
	}
	codes(answer_to(asked, granted)) == ["NO_GRANT"]
}

test_every_other_kind_is_decided_like_an_action[kind] if {
	some kind in ["handoff", "memory", "approval", "amendment"]
	answer_to(object.union(question, {"kind": kind}), granted).verdict == "allow"
}

test_the_department_of_who_hands_over_has_a_say if {
	handing := object.union(question, {
		"kind": "handoff",
		"agent": {"id": "b", "department": "post"},
		"handoff": {"from": "a", "to": "b"},
	})
	policies := object.union(granted, {"department": {"law": {"kept": {"deny": {{"code": "KEPT"}}}}}})
	agents := {"a": {"department": "law"}}
	answer_to(handing, policies).verdict == "allow"
	answer := answer_to(handing, policies) with data.catalogue.agents as agents
	answer.verdict == "deny"
}

plan := object.union(object.remove(question, {"action", "agent"}), {
	"kind": "plan",
	"plan": {"digest": "sha256:2", "steps": [
		{"id": "look", "agent": {"id": "a", "department": "sales"}, "action": {"system": "crm"}, "after": [], "depends_on": []},
		{
			"id": "mail",
			"agent": {"id": "b", "department": "post"},
			"action": {"system": "email", "args": {"to": "anna"}},
			"after": [],
			"depends_on": ["look"],
		},
	]},
})

test_a_plan_has_a_decision_of_its_own_and_one_for_each_step if {
	decision := answer_to(plan, with_grant({"department": {"post": {"x": {"deny": {{"code": "NO_POST"}}}}}}))
	decision.verdict == "allow"
	decision.steps.look.verdict == "allow"
	decision.steps.mail.verdict == "deny"
	decision.steps.mail.reasons[0].code == "NO_POST"
}

test_a_plan_that_is_denied_still_tells_about_its_steps if {
	decision := answer_to(plan, {})
	decision.verdict == "deny"
	codes(decision.steps.mail) == ["NO_GRANT"]
}

test_a_step_of_a_plan_is_asked_about_as_an_action if {
	asked := assent.question_of(plan.plan.steps[1]) with input as plan
	asked.kind == "action"
	asked.step == {"id": "mail", "attempt": 1, "depends_on": ["look"]}
	asked.action == {"system": "email", "args": {"to": "anna"}}
	asked.agent.department == "post"
	asked.plan == null
	asked.process == plan.process
}

in_trials(trials) := object.union(object.remove(plan, {"kind"}), {"kind": "trial", "trials": trials})

test_a_trial_of_a_step_is_its_question_with_another_action if {
	one := {"id": "t1", "step": "mail", "action": {"system": "letter", "args": {}}, "without": []}
	asked := assent.question_in(one) with input as in_trials([one])
	asked.kind == "action"
	asked.step == {"id": "mail", "attempt": 1, "depends_on": ["look"]}
	asked.action == {"system": "letter", "args": {}}
	asked.agent.department == "post"
	not "trials" in object.keys(asked)
}

chained := object.union(plan, {"plan": {"steps": [
	{"id": "a", "after": [], "depends_on": []},
	{"id": "b", "after": ["a"], "depends_on": ["a"]},
	{"id": "c", "after": ["b"], "depends_on": ["b"]},
	{"id": "d", "after": ["c", "a"], "depends_on": ["a", "c"]},
]}})

test_a_trial_of_a_plan_leaves_steps_out_and_their_order_in if {
	one := {"id": "t1", "step": null, "action": null, "without": ["b", "c"]}
	asked := assent.question_in(one) with input as object.union(object.remove(chained, {"kind"}), {"kind": "trial", "trials": [one]})
	asked.kind == "plan"
	asked.plan.steps == [
		{"id": "a", "after": [], "depends_on": []},
		{"id": "d", "after": ["a"], "depends_on": ["a"]},
	]
}

test_trials_are_answered_one_by_one_and_permit_nothing if {
	trials := [
		{"id": "t1", "step": "look", "action": {"system": "crm"}, "without": []},
		{"id": "t2", "step": "mail", "action": {"system": "email"}, "without": []},
		{"id": "t3", "step": null, "action": null, "without": ["mail"]},
	]
	decision := answer_to(in_trials(trials), with_grant({"department": {"post": {"x": {"deny": {{"code": "NO_POST"}}}}}}))
	decision.verdict == "deny"
	codes(decision) == ["TRIAL"]
	{id: one.verdict | some id, one in decision.steps} == {"t1": "allow", "t2": "deny", "t3": "allow"}
}

batch := object.union(object.remove(question, {"action", "agent"}), {
	"kind": "batch",
	"actions": [
		{"id": "look", "agent": {"id": "a", "department": "sales"}, "action": {"system": "crm"}},
		{"id": "mail", "agent": {"id": "b", "department": "post"}, "action": {"system": "email"}},
	],
})

test_a_batch_has_a_decision_for_each_action_and_is_allowed_when_all_are if {
	decision := answer_to(batch, granted)
	decision.verdict == "allow"
	{id: one.verdict | some id, one in decision.steps} == {"look": "allow", "mail": "allow"}
}

test_a_batch_is_not_allowed_when_one_action_is_not if {
	decision := answer_to(batch, with_grant({"department": {"post": {"x": {"halt": {{"code": "NO_POST"}}}}}}))
	decision.verdict == "deny"
	codes(decision) == ["NOT_ALL_ALLOWED"]
	decision.steps.look.verdict == "allow"
	decision.steps.mail.verdict == "halt"
}

test_an_action_of_a_batch_is_asked_about_as_if_alone if {
	asked := assent.question_about(batch.actions[1]) with input as batch
	asked.kind == "action"
	asked.step == {"id": "mail", "attempt": 1, "depends_on": []}
	asked.action == {"system": "email"}
	asked.agent.department == "post"
	asked.actions == []
}

test_an_action_of_a_batch_under_a_permit_is_of_the_step_that_the_permit_is_of if {
	step := {"id": "draft", "attempt": 2, "depends_on": []}
	under := {"agent": "a", "action": "drafter.draft", "depth": 1}
	together := object.union(batch, {"step": step, "under": under})
	asked := assent.question_about(together.actions[1]) with input as together
	asked.step == step
	asked.under == under
	alone := assent.question_about(batch.actions[1]) with input as object.union(batch, {"step": null, "under": null})
	alone.step.id == "mail"
}

money(spent) := {"limit": "100", "spent": spent, "reserved": "0", "held": "0"}

test_an_action_of_a_batch_has_its_own_ledgers_and_no_others if {
	own := {"mail_eur": money("7")}
	together := object.union(batch, {
		"ledgers": {"all_eur": money("1")},
		"actions": [object.union(batch.actions[0], {"ledgers": own}), batch.actions[1]],
	})
	assent.question_about(together.actions[0]).ledgers == own with input as together
	assent.question_about(together.actions[1]).ledgers == {} with input as together
}

test_a_step_of_a_plan_has_its_own_ledgers_beside_those_of_the_plan if {
	asked := {"kind": "plan", "ledgers": {"all_eur": money("1")}}
	step := {"id": "s", "agent": {}, "action": {}, "ledgers": {"agent_eur": money("7")}}
	found := assent.question_of(step).ledgers with input as asked
	found == {"all_eur": money("1"), "agent_eur": money("7")}
}

test_a_step_of_a_plan_is_asked_about_with_what_it_does_with_memory if {
	asked := {"kind": "plan", "memory": null}
	kept := {"operation": "remember", "class": "notes"}
	assent.question_of({"id": "s", "agent": {}, "action": {}, "memory": kept}).memory == kept with input as asked
	assent.question_of({"id": "s", "agent": {}, "action": {}}).memory == null with input as asked
}

condition := object.union(question, {"kind": "condition", "condition": {"name": "at_risk", "outputs": {}}})

test_a_condition_is_taken_when_its_rule_is_true if {
	decision := assent.decision with input as condition with data.assent.conditions as {"renewal": {"at_risk": true}}
	decision.verdict == "allow"
	decision.taken == true
}

test_a_condition_is_not_taken_otherwise[name] if {
	some name, conditions in {
		"false": {"renewal": {"at_risk": false}},
		"text": {"renewal": {"at_risk": "true"}},
		"another": {"renewal": {"other": true}},
		"another_process": {"hiring": {"at_risk": true}},
		"none": {},
	}
	decision := assent.decision with input as condition with data.assent.conditions as conditions
	decision.verdict == "allow"
	decision.taken == false
}

test_a_denial_refuses_to_say[verdict] if {
	some verdict in ["deny", "halt"]
	decision := assent.decision with input as condition
		with data.policies as {"org": {"x": {verdict: {{"code": "NO"}}}}}
		with data.assent.conditions as {"renewal": {"at_risk": true}}
	decision.verdict == verdict
	codes(decision) == ["NO"]
	not "taken" in object.keys(decision)
}
