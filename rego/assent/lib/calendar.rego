# METADATA
# title: Business hours and freeze windows
# description: |
#   For `defer`: whether a moment is within them, and when that changes. Moments are texts (RFC 3339), as `input.time` is.
#   Hours are `{zone, days, from, to}`, as in `{"zone": "Europe/Berlin", "days": ["monday"], "from": "08:00", "to": "18:00"}`:
#   a time zone, days of the week, and times of the day, `from` the first minute to before `to`. Windows are
#   `{title, from, until}`, moments both.
package assent.lib.calendar

names := {"monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"}

pattern := `^([01][0-9]|2[0-3]):([0-5][0-9])$`

day_seconds := 86400

second_ns := 1000000000

# METADATA
# title: Whether these are business hours
is_hours(hours) if {
	count(hours.days) > 0
	every day in hours.days {
		day in names
	}
	opening(hours) < seconds(hours.to)
	time.clock([0, hours.zone])
}

# METADATA
# title: Whether a moment is within business hours; undefined when it is no moment, or these are no hours
open(moment, hours) if {
	is_hours(hours)
	now := time.parse_rfc3339_ns(moment)
	on_a_day(now, hours)
	now_second := second_of_day(now, hours.zone)
	now_second >= opening(hours)
	now_second < seconds(hours.to)
}

# METADATA
# title: The moment at which business hours next begin after a moment
# description: Where clocks are set forward or back between the two, it is the time that clocks there show then.
opens(moment, hours) := time.format([next, "UTC"]) if {
	is_hours(hours)
	now := time.parse_rfc3339_ns(moment)
	next := min({begin |
		some ahead in numbers.range(0, 8)
		begin := begins(now + ((ahead * day_seconds) * second_ns), hours)
		on_a_day(begin, hours)
		begin > now
	})
}

# METADATA
# title: Whether these are freeze windows; none is none
are_windows(windows) if {
	is_array(windows)
	every window in windows {
		is_string(window.title)
		time.parse_rfc3339_ns(window.from) < time.parse_rfc3339_ns(window.until)
	}
}

# METADATA
# title: The freeze windows that a moment is in
frozen(moment, windows) := {window |
	now := time.parse_rfc3339_ns(moment)
	some window in windows
	time.parse_rfc3339_ns(window.from) <= now
	now < time.parse_rfc3339_ns(window.until)
}

# METADATA
# title: The moment at which the last of the freeze windows that a moment is in ends; undefined in none
thaws(moment, windows) := ends[count(ends) - 1][1] if {
	ends := sort([[time.parse_rfc3339_ns(window.until), window.until] | some window in frozen(moment, windows)])
}

seconds(text) := (to_number(hour) * 3600) + (to_number(minute) * 60) if {
	some [_, hour, minute] in regex.find_all_string_submatch_n(pattern, text, 1)
}

opening(hours) := seconds(hours.from)

on_a_day(ns, hours) if lower(time.weekday([ns, hours.zone])) in hours.days

second_of_day(ns, zone) := ((hour * 3600) + (minute * 60)) + second if [hour, minute, second] := time.clock([ns, zone])

# The opening on the day of a moment: as many seconds away as clocks there say, and put right when they were set meanwhile.
begins(ns, hours) := about + (shift(opening(hours) - second_of_day(about, hours.zone)) * second_ns) if {
	whole := floor(ns / second_ns) * second_ns
	about := whole + ((opening(hours) - second_of_day(ns, hours.zone)) * second_ns)
}

# By how much clocks were set: less than half a day, whichever side of midnight it falls on.
shift(difference) := ((difference + 129600) % day_seconds) - 43200
