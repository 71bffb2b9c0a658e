# METADATA
# title: One finding of one policy
# description: |
#   An object with `code` (UPPER_SNAKE), and optionally `message`, `control` and `rule`; in `require_approval` also
#   `approval`, in `defer` also `until`. Any other key is a mistake, and a mistake denies.
package assent.finding

keys := {
	"allow": {"code", "message", "control", "rule"},
	"defer": {"code", "message", "control", "rule", "until"},
	"require_approval": {"code", "message", "control", "rule", "approval"},
	"deny": {"code", "message", "control", "rule"},
	"halt": {"code", "message", "control", "rule"},
}

# METADATA
# title: Whether this is a finding for this verdict
well_formed(verdict, found) if {
	is_object(found)
	count(object.keys(found) - keys[verdict]) == 0
	regex.match(`^[A-Z][A-Z0-9_]{0,62}$`, found.code)
	is_text(object.get(found, "message", ""), 500)
	is_text(object.get(found, "control", ""), 64)
	is_text(object.get(found, "rule", ""), 256)
	complete(verdict, found)
}

complete(verdict, _) if verdict in {"allow", "deny", "halt"}

complete("require_approval", found) if data.assent.approval.well_formed(found.approval)

complete("defer", found) if is_moment(found.until)

is_text(value, longest) if {
	is_string(value)
	count(value) <= longest
}

# RFC 3339. What passes here and is no moment all the same (the 31st of June) is an error of the engine, which denies.
is_moment(value) if {
	regex.match(`^\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])T([01]\d|2[0-3])(:[0-5]\d){2}(\.\d{1,9})?(Z|[+-]\d\d:\d\d)$`, value)
}

# METADATA
# title: The finding with the package it comes from
located(found, name) := object.union(found, {"scope": name})

# METADATA
# title: How wide the scope of a finding is; the organisation's, which is the widest, is the smallest number
breadth(found) := object.get({"org": 1, "department": 2, "process": 3}, split(object.get(found, "scope", ""), "/")[0], 0)

# METADATA
# title: The reason that a finding is, with what it is sorted by
ranked(strictness, found) := [
	strictness,
	breadth(found),
	found.code,
	object.filter(found, {"code", "message", "control", "rule", "scope"}),
]
