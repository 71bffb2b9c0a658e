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
	"entrust": set(),
	"notify": {"role"},
}

optional := {
	"redact": {"labels"},
	"retry": {"backoff", "factor", "max_backoff"},
	"timeout": set(),
	"reserve": {"actual"},
	"remember": {"path"},
	"entrust": {"ledgers", "memory"},
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
	not idle(one)
	every key in present {
		fits(key, one[key])
	}
}

# METADATA
# title: Whether it asks for nothing
idle(one) if {
	one.type == "entrust"
	object.get(one, "ledgers", {}) == {}
	not "memory" in object.keys(one)
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

fits(key, value) if {
	key in {"labels", "memory"}
	type_name(value) in {"array", "set"}
	every name in value {
		regex.match(patterns.class, name)
	}
}

fits("ledgers", value) if {
	is_object(value)
	every name, amount in value {
		regex.match(patterns.ledger, name)
		regex.match(patterns.amount, amount)
	}
}
