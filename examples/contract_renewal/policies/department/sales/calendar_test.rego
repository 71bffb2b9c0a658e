package policies.department.sales.calendar_test

import data.policies.department.sales.calendar

closing := {"title": "closing", "from": "2025-12-29T17:00:00Z", "until": "2026-01-01T06:00:00Z"}

audit := {"title": "audit", "from": "2025-12-31T00:00:00Z", "until": "2026-01-02T06:00:00Z"}

hours := {"zone": "Europe/Berlin", "days": ["monday"], "from": "08:00", "to": "18:00"}

settings := {"freezes": [closing, audit], "letter_hours": null}

at_hours := {"freezes": [], "letter_hours": hours}

letter(time) := {"kind": "action", "time": time, "action": {"system": "email", "effect": "irreversible"}}

found(question, given) := {finding |
	some finding in calendar.defer with input as question
		with data.settings.calendar as given
		with data.settings.outbound.systems as ["email"]
}

until(question, given) := {finding.code: finding.until | some finding in found(question, given)}

refused(question, given) := {finding.code |
	some finding in calendar.deny with input as question
		with data.settings.calendar as given
		with data.settings.outbound.systems as ["email"]
}

test_during_a_freeze_it_waits_until_the_last_one_ends if {
	until(letter("2025-12-30T00:00:00Z"), settings) == {"FREEZE": "2026-01-01T06:00:00Z"}
	until(letter("2025-12-31T12:00:00Z"), settings) == {"FREEZE": "2026-01-02T06:00:00Z"}
	until(letter("2026-01-02T06:00:00Z"), settings) == {}
}

test_it_is_told_which_freezes_those_are if {
	some finding in found(letter("2025-12-31T12:00:00Z"), settings)
	finding.message == "nothing is changed during: audit, closing"
}

test_what_only_looks_does_not_wait if {
	look := {"kind": "action", "time": "2025-12-30T00:00:00Z", "action": {"system": "crm", "effect": "read"}}
	until(look, settings) == {}
}

test_letters_wait_for_business_hours if {
	until(letter("2026-03-02T12:00:00Z"), at_hours) == {}
	until(letter("2026-03-02T18:00:00Z"), at_hours) == {"OUTSIDE_BUSINESS_HOURS": "2026-03-09T07:00:00Z"}
	until(letter("2026-03-02T18:00:00Z"), {"freezes": [], "letter_hours": null}) == {}
}

test_what_stays_in_the_company_does_not_wait_for_business_hours if {
	task := {"kind": "action", "time": "2026-03-02T18:00:00Z", "action": {"system": "tasks", "effect": "write"}}
	until(task, at_hours) == {}
}

test_a_calendar_that_can_be_read_refuses_nothing[name] if {
	some name, given in {"windows": settings, "hours": at_hours}
	refused(letter("2026-03-02T12:00:00Z"), given) == set()
}

test_without_a_readable_calendar_nothing_is_changed[name] if {
	some name, given in {
		"no_windows": object.remove(settings, ["freezes"]),
		"broken_window": object.union(settings, {"freezes": [object.remove(closing, ["until"])]}),
		"no_hours": object.remove(settings, ["letter_hours"]),
		"broken_hours": object.union(settings, {"letter_hours": object.remove(hours, ["zone"])}),
		"nothing": {},
	}
	refused(letter("2026-03-02T12:00:00Z"), given) == {"CALENDAR_UNUSABLE"}
	look := {"kind": "action", "time": "2026-03-02T12:00:00Z", "action": {"system": "crm", "effect": "read"}}
	refused(look, given) == set()
}
