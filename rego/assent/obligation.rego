# METADATA
# title: What must be done for an allow to hold
# description: |
#   The obligations of all scopes together. Equal ones are one. Of several `retry` the one with the fewest attempts
#   holds, of several `timeout` the shortest; everything else adds up.
package assent.obligation

import data.assent.lib.duration
import data.assent.scope

required := {
	"redact": {"path"},
	"retry": {"max_attempts"},
	"timeout": {"after"},
	"reserve": {"ledger", "amount"},
	"remember": {"class"},
	"notify": {"role"},
}

optional := {
	"redact": {"labels"},
	"retry": {"backoff", "factor", "max_backoff"},
	"timeout": set(),
	"reserve": set(),
	"remember": {"path"},
	"notify": {"template"},
}

patterns := {
	"path": `^(/([^~/]|~[01])*)*$`,
	"ledger": `^[a-z][a-z0-9_-]{0,62}$`,
	"class": `^[a-z][a-z0-9_-]{0,62}$`,
	"role": `^[a-z][a-z0-9_-]{0,62}$`,
	"template": `^[a-z][a-z0-9_-]{0,62}$`,
	"amount": `^[0-9]{1,15}(\.[0-9]{1,9})?$`,
	"after": `^[0-9]{1,9}(ms|s|m|h|d)$`,
	"backoff": `^[0-9]{1,9}(ms|s|m|h|d)$`,
	"max_backoff": `^[0-9]{1,9}(ms|s|m|h|d)$`,
}

# METADATA
# title: Whether what a package contributes is a set of obligations
all_well_formed(obligations) if {
	is_set(obligations)
	every duty in obligations {
		well_formed(duty)
	}
}

# METADATA
# title: Whether this is an obligation
well_formed(duty) if {
	is_object(duty)
	present := object.keys(duty) - {"type"}
	count(required[duty.type] - present) == 0
	count(present - (required[duty.type] | optional[duty.type])) == 0
	every key in present {
		fits(key, duty[key])
	}
}

fits(key, value) if regex.match(patterns[key], value)

fits("max_attempts", value) if {
	is_number(value)
	value in numbers.range(1, 100)
}

fits("factor", value) if {
	is_number(value)
	value >= 1
	value <= 10
}

fits("labels", value) if {
	type_name(value) in {"array", "set"}
	every label in value {
		regex.match(`^[a-z][a-z0-9_-]{0,62}$`, label)
	}
}

collected contains duty if {
	some obligations in scope.contributed.obligations
	is_set(obligations)
	some duty in obligations
	well_formed(duty)
}

# METADATA
# title: The obligations that hold, in a fixed order
merged := sort(((others | strictest_retry) | strictest_timeout))

others := {duty | some duty in collected; not duty.type in {"retry", "timeout"}}

strictest_retry contains duty if {
	ordered := sort({[duty.max_attempts, duty] | some duty in collected; duty.type == "retry"})
	duty := ordered[0][1]
}

strictest_timeout contains duty if {
	ordered := sort({[duration.ns(duty.after), duty] | some duty in collected; duty.type == "timeout"})
	duty := ordered[0][1]
}
