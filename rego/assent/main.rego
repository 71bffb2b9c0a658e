# METADATA
# title: The decision
# description: |
#   The one question that is asked of the engine. Every package right below a scope of the question (the organisation,
#   the departments of its process and of its agent, its process) contributes findings; the strictest verdict wins:
#   allow < defer < require_approval < deny < halt. Without a grant the answer is deny, so a scope can restrict but
#   never lift what another one says.
# custom:
#   schema: assent.decision/v1
package assent

import data.assent.approval
import data.assent.consent
import data.assent.finding
import data.assent.lib.plan
import data.assent.obligation
import data.assent.scope

# METADATA
# title: The answer to the question
# description: |
#   A forecast (kind plan) has a decision of its own in `steps` for every step, from the question that the step will be
#   asked. So has a batch for every action, and it is allowed as a whole only if each of them is. A condition is answered
#   by `taken`. A trial as a whole is a deny: it asks what would be said, and permits nothing. Whatever is no question of a
#   known kind is denied.
# entrypoint: true
default decision := {
	"verdict": "deny",
	"reasons": [{"code": "NO_GRANT", "message": "no policy grants this"}],
	"obligations": [],
	"approval": null,
	"defer_until": null,
}

decision := ruling if input.kind in {"action", "handoff", "memory", "approval", "amendment"}

decision := object.union(ruling, {"steps": steps}) if input.kind == "plan"

decision := object.union(together, {"steps": answers}) if input.kind == "batch"

decision := object.union(nothing, {"steps": tried}) if input.kind == "trial"

decision := condition if input.kind == "condition"

# METADATA
# title: What all policies together say
ruling := {
	"verdict": verdict,
	"reasons": [told(strictness, reason) | some [strictness, _, _, reason] in sort(ranked)],
	"obligations": duties,
	"approval": requirement,
	"defer_until": defer_until,
}

# METADATA
# title: The strictest verdict
# description: Should none of these hold, there is no ruling, and the decision is the default one.
verdict := "halt" if {
	count(scope.halt) > 0
} else := "deny" if {
	count(refusals) > 0
} else := "require_approval" if {
	count(pending) > 0
} else := "defer" if {
	count(scope.defer) > 0
} else := "allow" if {
	count(scope.allow) > 0
}

# METADATA
# title: Everything that denies
# description: What a policy wrote and nobody can read is a refusal, too. It would vanish otherwise.
refusals := (scope.deny | scope.malformed) | not_granted

default not_granted := set()

not_granted := {{"code": "NO_GRANT", "message": "no policy grants this"}} if {
	count(scope.allow) == 0
	not refused
}

# METADATA
# title: Approvals that are still needed
# description: The requirement is met as a whole or not at all, by answers that were given to exactly this action.
default pending := set()

pending := scope.require_approval if {
	count(scope.require_approval) > 0
	not consent.satisfied
}

# METADATA
# title: The reasons
# description: The strictest come first, then those of the wider scope.
ranked contains finding.ranked(0, found) if some found in scope.halt

ranked contains finding.ranked(1, found) if some found in refusals

ranked contains finding.ranked(2, found) if some found in pending

ranked contains finding.ranked(3, found) if some found in scope.defer

ranked contains finding.ranked(4, found) if some found in scope.allow

# METADATA
# title: A reason as it is told
# description: What would have allowed what is denied says so; it is not why.
told(strictness, reason) := object.union(reason, {"grants": true}) if {
	strictness == 4
	verdict in {"deny", "halt"}
} else := reason

default duties := []

duties := obligation.merged if verdict in {"allow", "require_approval"}

default requirement := null

requirement := approval.requirement if verdict == "require_approval"

# METADATA
# title: When to ask again
# description: The latest of all moments, as nothing may happen before any of them.
default defer_until := null

defer_until := latest if {
	verdict == "defer"
	moments := sort({[time.parse_rfc3339_ns(found.until), found.until] | some found in scope.defer})
	latest := moments[count(moments) - 1][1]
}

# METADATA
# title: What each step of a plan will be told, as far as its values are known
steps := {step.id: answer |
	some step in input.plan.steps
	answer := ruling with input as question_of(step)
}

question_of(step) := object.union(without_plan, {
	"kind": "action",
	"agent": step.agent,
	"step": {"id": step.id, "attempt": 1, "depends_on": object.get(step, "depends_on", [])},
	"action": step.action,
	"ledgers": object.union(object.get(input, "ledgers", {}), object.get(step, "ledgers", {})),
	"memory": object.get(step, "memory", null),
	"plan": null,
})

without_plan := object.remove(input, {"kind", "agent", "step", "action", "memory", "plan", "trials"})

# METADATA
# title: What is said in each trial
# description: The answer to the question of one step with another action, or of the plan without some of its steps.
tried := {one.id: answer |
	some one in input.trials
	answer := ruling with input as question_in(one)
}

# The other action comes whole: a union of objects would bring back what is withheld.
question_in(one) := question_of(object.union(
	object.remove(planned[one.step], {"action"}),
	{"action": one.action},
)) if {
	one.step != null
}

question_in(one) := object.union(
	object.remove(input, {"kind", "plan", "trials"}),
	{"kind": "plan", "plan": {"digest": input.plan.digest, "steps": steps_without(one)}},
) if {
	one.step == null
}

planned := {step.id: step | some step in input.plan.steps}

# Edges go through what is left out: the order of what is left stays as it was.
steps_without(one) := left if {
	gone := {id | some id in one.without}
	through := plan.reached({id: planned[id].depends_on | some id in gone})
	left := [led_on(step, gone, through) | some step in input.plan.steps; not step.id in gone]
}

led_on(step, gone, _) := step if every id in step.depends_on {
	not id in gone
}

led_on(step, gone, through) := object.union(step, {"after": after, "depends_on": sort(depends_on)}) if {
	some other in step.depends_on
	other in gone
	after := [id | some id in step.after; not id in gone]
	direct := {id | some id in step.depends_on}
	depends_on := (direct | union({through[id] | some id in direct})) - gone
}

nothing := {
	"verdict": "deny",
	"reasons": [{"code": "TRIAL", "message": "a trial permits nothing"}],
	"obligations": [],
	"approval": null,
	"defer_until": null,
}

# METADATA
# title: What each action of a batch is told
# description: The answer to the question that would be asked for the action alone; none of them sees the others.
answers := {one.id: answer |
	some one in input.actions
	answer := ruling with input as question_about(one)
}

question_about(one) := object.union(without_actions, {
	"kind": "action",
	"agent": one.agent,
	"step": step_about(one),
	"action": one.action,
	"ledgers": object.get(one, "ledgers", {}),
	"actions": [],
})

# Under a permit that was given in a run, the step is that of the permit.
step_about(one) := object.get(input, "step", null) if {
	object.get(input, "step", null) != null
} else := {"id": one.id, "attempt": 1, "depends_on": []}

without_actions := object.remove(input, {"kind", "agent", "step", "action", "actions", "ledgers"})

# METADATA
# title: What is said of a batch as a whole
default together := {
	"verdict": "deny",
	"reasons": [{"code": "NOT_ALL_ALLOWED", "message": "not every action of the batch is allowed"}],
	"obligations": [],
	"approval": null,
	"defer_until": null,
}

together := {
	"verdict": "allow",
	"reasons": [],
	"obligations": [],
	"approval": null,
	"defer_until": null,
} if {
	every answer in answers {
		answer.verdict == "allow"
	}
}

# METADATA
# title: Whether the step is taken
# description: |
#   The rule that a process names with `when`. A deny or a halt that applies to the condition refuses to say; a rule that
#   is anything but true means no.
condition := ruling if refused

condition := {
	"verdict": "allow",
	"reasons": [],
	"obligations": [],
	"approval": null,
	"defer_until": null,
	"taken": taken,
} if {
	not refused
}

refused if count(((scope.halt | scope.deny) | scope.malformed)) > 0

default taken := false

# The build writes data.assent.conditions: for each process, the rules that its steps name and nothing else.
taken if data.assent.conditions[input.process.name][input.condition.name] == true
