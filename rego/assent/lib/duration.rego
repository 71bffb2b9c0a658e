# METADATA
# title: Durations as they are written in policies
# description: A number with a unit, `500ms`, `30s`, `15m`, `72h` or `7d`.
package assent.lib.duration

units := {"ms": 1000000, "s": 1000000000, "m": 60000000000, "h": 3600000000000, "d": 86400000000000}

pattern := `^([0-9]{1,9})(ms|s|m|h|d)$`

# METADATA
# title: Whether this is a duration
is_duration(text) if {
	is_string(text)
	regex.match(pattern, text)
}

# METADATA
# title: The nanoseconds of a duration; undefined for anything else
ns(text) := to_number(number) * units[unit] if {
	is_string(text)
	some [_, number, unit] in regex.find_all_string_submatch_n(pattern, text, 1)
}
