# METADATA
# title: What a lawyer must see before a client does
# description: |
#   Which kinds of clauses are ordinary is in data/risk.yaml. Whatever is not named there is risky, and while it is not
#   known what is, nothing is released.
# custom:
#   owner: lena.brandt
package policies.department.legal.risk

release if {
	input.kind == "action"
	input.action.system == "notes"
	input.action.operation == "release_note"
}

limits := data.settings.risk

lawyer := {
	"stages": [{"role": "lawyer", "quorum": 1}],
	"not": ["principal"],
	"expires_in": "72h",
	"on_expiry": "deny",
	"editable": ["/letter"],
}

# METADATA
# title: Of these kinds of clauses, which are not ordinary
risky(kinds) := [kind | some kind in kinds; not kind in limits.ordinary]

# METADATA
# title: A risky clause is put before a lawyer
# labels:
#   control: LEG-07
require_approval contains finding if {
	release
	found := risky(input.action.args.kinds)
	count(found) > 0
	finding := {
		"code": "RISKY_CLAUSES",
		"message": sprintf("a lawyer has to read it: %s", [concat(", ", found)]),
		"control": "LEG-07",
		"rule": "A risky clause is put before a lawyer",
		"approval": lawyer,
	}
}

# METADATA
# title: Wrong citations are put before a lawyer
# labels:
#   control: LEG-08
require_approval contains finding if {
	release
	input.action.args.wrong_citations > limits.wrong_citations
	finding := {
		"code": "WRONG_CITATIONS",
		"message": "the contract cites what does not exist",
		"control": "LEG-08",
		"rule": "Wrong citations are put before a lawyer",
		"approval": lawyer,
	}
}

# METADATA
# title: Nothing is released whose risk is not known
# labels:
#   control: LEG-07
deny contains finding if {
	release
	not judgeable
	finding := {
		"code": "RISK_NOT_JUDGEABLE",
		"message": "the clauses, the citations or what is ordinary are not known",
		"control": "LEG-07",
		"rule": "Nothing is released whose risk is not known",
	}
}

judgeable if {
	is_array(limits.ordinary)
	is_number(limits.wrong_citations)
	kinds_known
	citations_known
}

kinds_known if is_array(input.action.args.kinds)

# In a forecast neither is known yet, and is said to be so.
kinds_known if "/kinds" in input.action.unknown

# Any text is greater than any number in Rego; a count that is no number would still need a lawyer, and is none.
citations_known if is_number(input.action.args.wrong_citations)

citations_known if "/wrong_citations" in input.action.unknown
