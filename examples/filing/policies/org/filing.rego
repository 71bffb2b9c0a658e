# METADATA
# title: What is filed, and by whom
# description: |
#   The clerk is a service that acts by itself while it files. What it asks for further is granted as such: under a permit
#   for filing, in a run of the process, and nowhere else.
# custom:
#   owner: rosa.lind
package policies.org.filing

# METADATA
# title: Letters may be filed
# labels:
#   control: FIL-01
allow contains finding if {
	input.kind == "plan"
	finding := {
		"code": "FILING_PLANNED",
		"message": "letters may be filed",
		"control": "FIL-01",
		"rule": "Letters may be filed",
	}
}

allow contains finding if {
	input.kind == "action"
	input.agent.id == "intake"
	input.action.system == "clerk"
	input.under == null
	finding := {
		"code": "INTAKE_FILES",
		"message": "the mail room has its letters filed",
		"control": "FIL-01",
		"rule": "Letters may be filed",
	}
}

# METADATA
# title: The mail room hands its letters to the clerk
# description: A call of a service that acts as an agent is a hand-over to that agent.
# labels:
#   control: FIL-04
allow contains finding if {
	input.kind == "handoff"
	input.process.name == "filing"
	input.handoff.from == "intake"
	input.handoff.to == "clerk"
	input.handoff.reason == "call"
	finding := {
		"code": "HANDED_TO_THE_CLERK",
		"message": "the clerk is called to file",
		"control": "FIL-04",
		"rule": "The mail room hands its letters to the clerk",
	}
}

# METADATA
# title: The clerk puts away what it was given to file
# labels:
#   control: FIL-02
allow contains finding if {
	input.kind == "action"
	input.agent.id == "clerk"
	input.action.system == "archive"
	input.process.name == "filing"
	input.under.agent == "intake"
	input.under.action == "clerk.file"
	finding := {
		"code": "CLERK_PUTS_AWAY",
		"message": "the clerk was called to file",
		"control": "FIL-02",
		"rule": "The clerk puts away what it was given to file",
	}
}

# METADATA
# title: Sealed letters are opened by people
# labels:
#   control: FIL-03
deny contains finding if {
	input.kind == "action"
	input.action.system == "archive"
	startswith(lower(input.action.args.title), "sealed:")
	finding := {
		"code": "SEALED",
		"message": "a sealed letter is for the person that it is addressed to",
		"control": "FIL-03",
		"rule": "Sealed letters are opened by people",
	}
}
