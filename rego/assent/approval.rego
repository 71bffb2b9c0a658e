# METADATA
# title: Who must approve
# description: |
#   The requirements of all findings become one that is at least as strict as each of them: every stage of every
#   finding, everybody whom any of them excludes, the shortest expiry and whatever any of the widest scope masks;
#   editing, substitutes, escalation and breaking the glass only as far as all of them allow it.
package assent.approval

import data.assent.finding
import data.assent.lib.duration
import data.assent.scope

# METADATA
# title: Whether this says who must approve
well_formed(approval) if {
	is_object(approval)
	count(mistakes(approval)) == 0
}

# METADATA
# title: The keys that are missing, unknown, or say what cannot be read
mistakes(approval) := {key | some key, value in approval; not fits(key, value)} | ({"stages"} - object.keys(approval))

fits("stages", value) if stages_fit(value)

fits("order", value) if value in {"sequence", "parallel"}

fits("not", value) if {
	every who in listed(value) {
		who in {"principal", "process_owner", "plan_author", "previous_stage"}
	}
}

fits("expires_in", value) if duration.is_duration(value)

fits("on_expiry", value) if value in {"deny", "escalate"}

fits("escalate", value) if {
	every step in listed(value) {
		is_object(step)
		object.keys(step) == {"after", "role"}
		duration.is_duration(step.after)
		is_name(step.role)
	}
}

fits("remind", value) if duration.ns(value) >= duration.ns("1m")

fits("rationale", value) if value in {"required", "optional"}

fits("on_revision", value) if value in {"void", "ask_again"}

fits(key, value) if {
	key in {"editable", "mask"}
	every pointer in listed(value) {
		is_string(pointer)
		regex.match(`^(/([^~/]|~[01])*)*$`, pointer)
	}
}

fits("mask_labels", value) if {
	every label in listed(value) {
		is_name(label)
	}
}

fits("break_glass", value) if {
	is_object(value)
	object.keys(value) == {"roles", "review"}
	roles := listed(value.roles)
	count(roles) in numbers.range(1, 10)
	every role in roles {
		is_name(role)
	}
	is_object(value.review)
	object.keys(value.review) == {"role", "within"}
	is_name(value.review.role)
	duration.is_duration(value.review.within)
}

stages_fit(stages) if {
	is_array(stages)
	count(stages) in numbers.range(1, 10)
	every stage in stages {
		is_object(stage)
		count(object.keys(stage) - {"role", "quorum", "substitutes"}) == 0
		is_name(stage.role)
		object.get(stage, "quorum", 1) in numbers.range(1, 20)
		substitutes := listed(object.get(stage, "substitutes", []))
		count(substitutes) <= 10
		every role in substitutes {
			is_name(role)
		}
	}
}

# A list may be written as an array or as a set.
listed(value) := {element | some element in value} if type_name(value) in {"array", "set"}

is_name(value) if {
	is_string(value)
	regex.match(`^[a-z][a-z0-9_-]{0,62}$`, value)
}

# Those of the wider scope come first, and their stages with them.
approvals := [found.approval |
	ordered := sort({array.concat(finding.ranked(0, found), [found]) | some found in scope.require_approval})
	some [_, _, _, _, found] in ordered
]

# Whom a wider scope asks sees what that scope lets them see: what a narrower one masks would have them say yes to what
# they are not shown.
widest := [found.approval |
	nearest := min({finding.breadth(found) | some found in scope.require_approval})
	some found in sort(scope.require_approval)
	finding.breadth(found) == nearest
]

# METADATA
# title: What all findings together demand
requirement := {
	"stages": stages,
	"order": order,
	"not": of_any("not"),
	"expires_in": expires_in,
	"on_expiry": on_expiry,
	"escalate": escalate,
	"remind": remind,
	"rationale": rationale,
	"editable": editable,
	"mask": of_widest("mask"),
	"mask_labels": of_widest("mask_labels"),
	"on_revision": on_revision,
	"break_glass": break_glass,
} if {
	count(approvals) > 0
}

of_any(key) := sort({element | some one in approvals; some element in object.get(one, key, [])})

of_widest(key) := sort({element | some one in widest; some element in object.get(one, key, [])})

all_say(key, value) if {
	every one in approvals {
		one[key] == value
	}
}

# A role that one finding asks for twice is asked twice; that two findings ask for it makes it one stage, in which only
# those stand in for it who do so in both.
keyed := [stage |
	some one in approvals
	some index, given in one.stages
	turn := count([1 | some earlier in array.slice(one.stages, 0, index); earlier.role == given.role])
	stage := {
		"key": [given.role, turn],
		"quorum": floor(object.get(given, "quorum", 1)),
		"substitutes": listed(object.get(given, "substitutes", [])),
	}
]

stages := [stage |
	some index, given in keyed
	count([1 | some earlier in array.slice(keyed, 0, index); earlier.key == given.key]) == 0
	stage := {
		"role": given.key[0],
		"quorum": max([same.quorum | some same in keyed; same.key == given.key]),
		"substitutes": sort(intersection({same.substitutes | some same in keyed; same.key == given.key})),
	}
]

default order := "sequence"

order := "parallel" if all_say("order", "parallel")

expires_in := shortest if {
	texts := {object.get(one, "expires_in", "72h") | some one in approvals}
	shortest := sort({[duration.ns(text), text] | some text in texts})[0][1]
}

default on_expiry := "deny"

on_expiry := "escalate" if all_say("on_expiry", "escalate")

default rationale := "required"

rationale := "optional" if all_say("rationale", "optional")

default on_revision := "void"

on_revision := "ask_again" if all_say("on_revision", "ask_again")

default remind := null

remind := sort({[duration.ns(one.remind), one.remind] | some one in approvals})[0][1]

# Alone may answer only who may by every finding; the review is due when the first of them wants it.
default break_glass := null

break_glass := {"roles": sort(roles), "review": review} if {
	every one in approvals {
		one.break_glass
	}
	roles := intersection({listed(one.break_glass.roles) | some one in approvals})
	count(roles) > 0
	review := sort({[duration.ns(one.break_glass.review.within), one.break_glass.review] | some one in approvals})[0][1]
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
