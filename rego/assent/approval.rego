# METADATA
# title: Who must approve
# description: |
#   The requirements of all findings become one that is at least as strict as each of them: every stage of every
#   finding, everybody whom any of them excludes, the shortest expiry; editing and escalation only as far as all of
#   them allow it.
package assent.approval

import data.assent.lib.duration
import data.assent.scope

# METADATA
# title: Whether this says who must approve
well_formed(approval) if {
	is_object(approval)
	allowed := {"stages", "not", "expires_in", "on_expiry", "escalate", "editable"}
	count(object.keys(approval) - allowed) == 0
	stages_fit(approval.stages)
	every who in listed(object.get(approval, "not", [])) {
		who in {"principal", "process_owner", "plan_author", "previous_stage"}
	}
	duration.is_duration(object.get(approval, "expires_in", "72h"))
	object.get(approval, "on_expiry", "deny") in {"deny", "escalate"}
	every step in listed(object.get(approval, "escalate", [])) {
		object.keys(step) == {"after", "role"}
		duration.is_duration(step.after)
		is_name(step.role)
	}
	every pointer in listed(object.get(approval, "editable", [])) {
		regex.match(`^(/([^~/]|~[01])*)*$`, pointer)
	}
}

stages_fit(stages) if {
	is_array(stages)
	count(stages) in numbers.range(1, 10)
	every stage in stages {
		count(object.keys(stage) - {"role", "quorum"}) == 0
		is_name(stage.role)
		object.get(stage, "quorum", 1) in numbers.range(1, 20)
	}
}

# A list may be written as an array or as a set.
listed(value) := {element | some element in value} if type_name(value) in {"array", "set"}

is_name(value) if regex.match(`^[a-z][a-z0-9_-]{0,62}$`, value)

# Those of the wider scope come first, and their stages with them.
approvals := [found.approval |
	ordered := sort({array.concat(data.assent.finding.ranked(0, found), [found]) | some found in scope.require_approval})
	some [_, _, _, _, found] in ordered
]

# METADATA
# title: What all findings together demand
requirement := {
	"stages": stages,
	"not": sort({who | some one in approvals; some who in object.get(one, "not", [])}),
	"expires_in": expires_in,
	"on_expiry": on_expiry,
	"escalate": escalate,
	"editable": editable,
} if {
	count(approvals) > 0
}

# A role that one finding asks for twice is asked twice; that two findings ask for it makes it one stage.
keyed := [stage |
	some one in approvals
	some index, given in one.stages
	turn := count([1 | some earlier in array.slice(one.stages, 0, index); earlier.role == given.role])
	stage := {"key": [given.role, turn], "quorum": object.get(given, "quorum", 1)}
]

stages := [stage |
	some index, given in keyed
	count([1 | some earlier in array.slice(keyed, 0, index); earlier.key == given.key]) == 0
	stage := {"role": given.key[0], "quorum": max([same.quorum | some same in keyed; same.key == given.key])}
]

expires_in := shortest if {
	texts := {object.get(one, "expires_in", "72h") | some one in approvals}
	shortest := sort({[duration.ns(text), text] | some text in texts})[0][1]
}

default on_expiry := "deny"

on_expiry := "escalate" if {
	every one in approvals {
		one.on_expiry == "escalate"
	}
}

# Somebody else may answer only where every finding says so, and not before the last of them does.
escalate := [{"after": after, "role": role} |
	some role in sort({step.role | some one in approvals; some step in object.get(one, "escalate", [])})
	every one in approvals {
		some step in one.escalate
		step.role == role
	}
	afters := sort({[duration.ns(step.after), step.after] |
		some one in approvals
		some step in one.escalate
		step.role == role
	})
	after := afters[count(afters) - 1][1]
]

editable := sort({pointer |
	some one in approvals
	some pointer in object.get(one, "editable", [])
	every other in approvals {
		pointer in object.get(other, "editable", [])
	}
})

# METADATA
# title: Whether the answers that the action carries are what is demanded
# description: |
#   An answer counts for the stage it was given to, by somebody who has the stage's role and is not excluded, for
#   exactly this action (its digest), and as long as it is not older than the requirement stands.
satisfied if {
	count(stages) > 0
	every index, stage in stages {
		count(approvers(index, stage)) >= stage.quorum
	}
}

approvers(index, stage) := {answer.approver |
	some answer in input.approvals
	answer.stage == index
	answer.role == stage.role
	stage.role in answer.roles
	answer.digest == input.action.digest
	not excluded(answer)
	not expired(answer)
}

excluded(answer) if {
	"principal" in requirement["not"]
	answer.approver == input.principal.id
}

excluded(answer) if {
	"process_owner" in requirement["not"]
	answer.approver == input.process.owner
}

excluded(answer) if {
	"previous_stage" in requirement["not"]
	some earlier in input.approvals
	earlier.stage < answer.stage
	earlier.approver == answer.approver
}

expired(answer) if not fresh(answer)

fresh(answer) if {
	until := time.parse_rfc3339_ns(answer.at) + duration.ns(expires_in)
	time.parse_rfc3339_ns(input.time) <= until
}
