# METADATA
# title: What the answers of people are worth
# description: |
#   An answer counts for the stage it was given to, by somebody who may answer it and is not excluded, for exactly this
#   action or hand-over (its digest), and as long as it is not older than the requirement stands. Nobody counts twice in a stage, nor
#   in two stages of one role, be it by standing in for somebody else.
package assent.consent

import data.assent.approval
import data.assent.lib.duration

requirement := approval.requirement

# METADATA
# title: Whether the answers that the action carries are what is demanded
satisfied if {
	count(requirement.stages) > 0
	every index, stage in requirement.stages {
		count(distinct(index)) >= stage.quorum
	}
}

satisfied if {
	some answer in input.approvals
	broke_glass(answer)
}

# The answers to a stage of which no person stands in an earlier one, be it to another stage of the same role.
distinct(index) := {place |
	some place, answer in input.approvals
	counts(answer, index)
	not repeated(place, index)
}

repeated(place, index) if {
	some earlier, other in input.approvals
	earlier < place
	some alike, stage in requirement.stages
	stage.role == requirement.stages[index].role
	counts(other, alike)
	count(persons(other) & persons(input.approvals[place])) > 0
}

counts(answer, index) if {
	answer.stage == index
	sound(answer)
	answers_for(answer, requirement.stages[index])
	not answered_before(answer)
}

# Whoever answers is one person, whoever stands in for somebody is both. Ids that differ in case only are one person's.
persons(answer) := {lower(person) | some person in [answer.approver, object.get(answer, "for", null)]; person != null}

# What is asked of every answer, whoever gave it.
sound(answer) if {
	answer.role in answer.roles
	answer.digest == asked
	fresh(answer)
	not excluded(answer)
	not changed_too_much(answer)
}

# What is asked about, by its digest.
asked := input.handoff.digest if {
	input.kind == "handoff"
	input.handoff.digest != ""
}

asked := input.action.digest if object.get(input, "kind", "action") != "handoff"

answers_for(answer, stage) if answer.role == stage.role

answers_for(answer, stage) if answer.role in stage.substitutes

answers_for(answer, _) if {
	some rung in requirement.escalate
	answer.role == rung.role
	given := time.parse_rfc3339_ns(answer.at) - time.parse_rfc3339_ns(answer.asked_at)
	given >= opens(rung)
}

# Once nobody answered in time, everybody of the ladder may.
opens(rung) := min({duration.ns(rung.after), duration.ns(requirement.expires_in)}) if requirement.on_expiry == "escalate"

opens(rung) := duration.ns(rung.after) if requirement.on_expiry == "deny"

broke_glass(answer) if {
	answer.break_glass == true
	answer.role in requirement.break_glass.roles
	sound(answer)
	not lower(input.principal.id) in persons(answer)
}

excluded(answer) if {
	"principal" in requirement["not"]
	lower(input.principal.id) in persons(answer)
}

excluded(answer) if {
	"process_owner" in requirement["not"]
	lower(input.process.owner) in persons(answer)
}

answered_before(answer) if {
	"previous_stage" in requirement["not"]
	some earlier in input.approvals
	earlier.stage < answer.stage
	count(persons(earlier) & persons(answer)) > 0
}

changed_too_much(answer) if {
	some pointer in object.get(answer, "edits", [])
	not may_be_edited(pointer)
}

may_be_edited(pointer) if {
	some editable in requirement.editable
	pointer == editable
}

may_be_edited(pointer) if {
	some editable in requirement.editable
	startswith(pointer, concat("", [editable, "/"]))
}

fresh(answer) if {
	until := time.parse_rfc3339_ns(answer.at) + stands
	time.parse_rfc3339_ns(input.time) <= until
}

stands := duration.ns(requirement.expires_in) if requirement.on_expiry == "deny"

stands := 2 * duration.ns(requirement.expires_in) if requirement.on_expiry == "escalate"
