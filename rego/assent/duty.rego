# METADATA
# title: One obligation of one policy
# description: |
#   An object with `type` and what that type needs. Any other key, type or form is a mistake, and a mistake denies: who
#   says that something must be done means that it must not happen otherwise.
package assent.duty

required := {
	"redact": {"path"},
	"retry": {"max_attempts"},
	"timeout": {"after"},
	"reserve": {"ledger", "amount"},
	"remember": {"class", "purpose", "subject"},
	"notify": {"role"},
}

optional := {
	"redact": {"labels"},
	"retry": {"backoff", "factor", "max_backoff"},
	"timeout": set(),
	"reserve": {"actual"},
	"remember": {"path"},
	"notify": {"template"},
}

patterns := {
	"path": `^(/([^~/]|~[01])*)*$`,
	"ledger": `^[a-z][a-z0-9_-]{0,62}$`,
	"purpose": `^.{0,299}\S$`,
	"subject": `^(/([^~/]|~[01])*)+$`,
	"class": `^[a-z][a-z0-9_-]{0,62}$`,
	"role": `^[a-z][a-z0-9_-]{0,62}$`,
	"template": `^[a-z][a-z0-9_-]{0,62}$`,
	"actual": `^(/([^~/]|~[01])*)*$`,
	"amount": `^[0-9]{1,15}(\.[0-9]{1,9})?$`,
	"after": `^[0-9]{1,9}(ms|s|m|h|d)$`,
	"backoff": `^[0-9]{1,9}(ms|s|m|h|d)$`,
	"max_backoff": `^[0-9]{1,9}(ms|s|m|h|d)$`,
}

# METADATA
# title: Whether what a package contributes is a set of obligations
all_well_formed(obligations) if {
	is_set(obligations)
	every one in obligations {
		well_formed(one)
	}
}

# METADATA
# title: Whether this is an obligation
well_formed(one) if {
	is_object(one)
	present := object.keys(one) - {"type"}
	count(required[one.type] - present) == 0
	count(present - (required[one.type] | optional[one.type])) == 0
	every key in present {
		fits(key, one[key])
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
