package assent.lib.calendar_test

import data.assent.lib.calendar

berlin := {
	"zone": "Europe/Berlin",
	"days": ["monday", "tuesday", "wednesday", "thursday", "friday"],
	"from": "08:00",
	"to": "18:00",
}

# 2026-03-02 is a Monday; clocks in Berlin are set forward on Sunday, 2026-03-29, and back on Sunday, 2026-10-25.
test_within_business_hours[moment] if {
	some moment in ["2026-03-02T07:00:00Z", "2026-03-02T16:59:59.9Z", "2026-03-06T08:00:00+01:00", "2026-07-01T06:00:00Z"]
	calendar.open(moment, berlin)
}

test_outside_of_business_hours[moment] if {
	some moment in ["2026-03-02T06:59:59Z", "2026-03-02T17:00:00Z", "2026-03-01T12:00:00Z", "2026-07-01T05:59:59Z", "soon"]
	not calendar.open(moment, berlin)
}

test_when_business_hours_begin[moment] if {
	some moment, begin in {
		"2026-03-02T06:59:59.5Z": "2026-03-02T07:00:00Z",
		"2026-03-02T07:00:00Z": "2026-03-03T07:00:00Z",
		"2026-03-02T23:30:00Z": "2026-03-03T07:00:00Z",
		"2026-03-06T17:00:00Z": "2026-03-09T07:00:00Z",
		"2026-03-27T18:00:00Z": "2026-03-30T06:00:00Z",
		"2026-10-23T18:00:00Z": "2026-10-26T07:00:00Z",
	}
	calendar.opens(moment, berlin) == begin
}

test_a_day_may_begin_at_midnight_and_come_once_a_week if {
	mondays := {"zone": "Europe/Berlin", "days": ["monday"], "from": "00:00", "to": "23:59"}
	calendar.opens("2026-03-01T22:59:00Z", mondays) == "2026-03-01T23:00:00Z"
	calendar.opens("2026-03-01T23:00:00Z", mondays) == "2026-03-08T23:00:00Z"
	calendar.opens("2026-03-24T12:00:00Z", mondays) == "2026-03-29T22:00:00Z"
}

test_what_are_no_business_hours[change] if {
	some change in [
		{"days": []},
		{"days": ["Monday"]},
		{"days": null},
		{"from": "18:00"},
		{"from": "8:00"},
		{"to": "24:00"},
		{"to": 18},
		{"zone": "Europe/Berlim"},
	]
	hours := object.union(berlin, change)
	not calendar.is_hours(hours)
	not calendar.open("2026-03-02T12:00:00Z", hours)
	not calendar.opens("2026-03-02T12:00:00Z", hours)
}

windows := [
	{"title": "year-end", "from": "2026-12-20T00:00:00Z", "until": "2027-01-02T00:00:00+01:00"},
	{"title": "audit", "from": "2026-12-31T00:00:00Z", "until": "2027-01-01T23:30:00Z"},
]

titles(moment) := {window.title | some window in calendar.frozen(moment, windows)}

test_the_windows_that_a_moment_is_in if {
	titles("2026-12-19T23:59:59Z") == set()
	titles("2026-12-20T01:00:00+01:00") == {"year-end"}
	titles("2026-12-31T00:00:00Z") == {"year-end", "audit"}
	titles("2027-01-01T23:15:00Z") == {"audit"}
	titles("2027-01-01T23:30:00Z") == set()
}

test_it_thaws_when_the_last_of_them_ends if {
	calendar.thaws("2026-12-21T00:00:00Z", windows) == "2027-01-02T00:00:00+01:00"
	calendar.thaws("2026-12-31T00:00:00Z", windows) == "2027-01-01T23:30:00Z"
	not calendar.thaws("2026-11-01T00:00:00Z", windows)
	not calendar.thaws("2026-11-01T00:00:00Z", [])
}

test_what_are_windows if {
	calendar.are_windows([])
	calendar.are_windows(windows)
}

test_what_are_no_windows[given] if {
	some given in [
		null,
		{},
		[{"title": "x", "from": "2026-12-20", "until": "2027-01-02T00:00:00Z"}],
		[{"title": "x", "from": "2027-01-02T00:00:00Z", "until": "2027-01-02T00:00:00Z"}],
		[{"title": 1, "from": "2026-12-20T00:00:00Z", "until": "2027-01-02T00:00:00Z"}],
		[{"title": "x", "until": "2027-01-02T00:00:00Z"}],
	]
	not calendar.are_windows(given)
}
