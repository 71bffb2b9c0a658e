# METADATA
# title: When things are done
# description: |
#   The windows and hours are in data/calendar.yaml; when they cannot be read, nothing is changed and nothing leaves. What
#   has to wait is asked about again when its time has come, under the rules in force by then.
# custom:
#   owner: it-operations
package policies.department.sales.calendar

import data.assent.lib.calendar

changes if {
	input.kind == "action"
	input.action.effect != "read"
}

outbound if {
	input.kind == "action"
	input.action.system in data.settings.outbound.systems
}

# METADATA
# title: During a freeze nothing is changed
# labels:
#   control: OPS-03
defer contains finding if {
	changes
	thaw := calendar.thaws(input.time, data.settings.calendar.freezes)
	titles := sort([window.title | some window in calendar.frozen(input.time, data.settings.calendar.freezes)])
	finding := {
		"code": "FREEZE",
		"message": sprintf("nothing is changed during: %s", [concat(", ", titles)]),
		"control": "OPS-03",
		"rule": "During a freeze nothing is changed",
		"until": thaw,
	}
}

# METADATA
# title: Letters leave during business hours
# labels:
#   control: OPS-04
defer contains finding if {
	outbound
	hours := data.settings.calendar.letter_hours
	not calendar.open(input.time, hours)
	finding := {
		"code": "OUTSIDE_BUSINESS_HOURS",
		"message": "letters leave during business hours",
		"control": "OPS-04",
		"rule": "Letters leave during business hours",
		"until": calendar.opens(input.time, hours),
	}
}

# METADATA
# title: Nothing is changed while it is not known when it may be
# labels:
#   control: OPS-03
deny contains finding if {
	changes
	not usable
	finding := {
		"code": "CALENDAR_UNUSABLE",
		"message": "data/calendar.yaml names a window or hours that cannot be read",
		"control": "OPS-03",
		"rule": "Nothing is changed while it is not known when it may be",
	}
}

usable if {
	calendar.are_windows(data.settings.calendar.freezes)
	hours_usable
}

hours_usable if data.settings.calendar.letter_hours == null

hours_usable if calendar.is_hours(data.settings.calendar.letter_hours)
