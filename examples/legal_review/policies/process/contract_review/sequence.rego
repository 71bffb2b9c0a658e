# METADATA
# title: In which order a review goes
# description: A plan may have some steps in another order than the process. These hold for every plan, also for one that is suggested.
# custom:
#   owner: lena.brandt
package policies.process.contract_review.sequence

import data.assent.lib.plan

# METADATA
# title: A client is written to only behind a release
# labels:
#   control: REV-05
deny contains finding if {
	planned
	some letter in plan.doing("email.send")
	count(plan.before(letter) & plan.doing("notes.release_note")) == 0
	finding := {
		"code": "LETTER_BEFORE_RELEASE",
		"message": "the client would be written to before anything was released",
		"control": "REV-05",
		"rule": "A client is written to only behind a release",
	}
}

# METADATA
# title: Nothing is drafted before the citations are checked
# labels:
#   control: REV-06
deny contains finding if {
	planned
	some draft in plan.doing("notes.draft_note")
	count(plan.before(draft) & plan.doing("library.check_citations")) == 0
	finding := {
		"code": "DRAFT_BEFORE_CITATIONS",
		"message": "the note would be drafted before the citations are checked",
		"control": "REV-06",
		"rule": "Nothing is drafted before the citations are checked",
	}
}

planned if input.kind in {"plan", "amendment"}
