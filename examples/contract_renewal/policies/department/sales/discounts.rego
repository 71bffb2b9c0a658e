# METADATA
# title: Discounts
# description: The limits are in data/limits.yaml; while they are missing, or the discount is no number, nothing is offered.
# custom:
#   owner: chief-financial-officer
package policies.department.sales.discounts

import data.assent.lib.amount

proposal if {
	input.kind == "action"
	input.action.system == "cpq"
	input.action.operation == "create_proposal"
}

discount := input.action.args.discount_percent

limits := data.settings.limits.discount

# METADATA
# title: A large discount needs a sales director
# labels:
#   control: FIN-07
require_approval contains finding if {
	proposal
	discount > limits.director_above_percent
	finding := {
		"code": "DISCOUNT_OVER_LIMIT",
		"message": sprintf("more than %v %% off needs a sales director", [limits.director_above_percent]),
		"control": "FIN-07",
		"rule": "A large discount needs a sales director",
		"approval": {
			"stages": [{"role": "sales_director", "quorum": 1}],
			"not": ["principal", "process_owner"],
			"expires_in": "72h",
			"on_expiry": "deny",
		},
	}
}

# METADATA
# title: Nobody can approve a discount above the cap
# labels:
#   control: FIN-08
deny contains finding if {
	proposal
	discount > limits.never_above_percent
	finding := {
		"code": "DISCOUNT_OVER_CAP",
		"message": sprintf("more than %v %% off is never offered", [limits.never_above_percent]),
		"control": "FIN-08",
		"rule": "Nobody can approve a discount above the cap",
	}
}

# METADATA
# title: No offer without a known discount and known limits
# labels:
#   control: FIN-07
deny contains finding if {
	proposal
	not judgeable
	finding := {
		"code": "DISCOUNT_NOT_JUDGEABLE",
		"message": "the discount or its limits are not known",
		"control": "FIN-07",
		"rule": "No offer without a known discount and known limits",
	}
}

judgeable if {
	limits_known
	is_number(discount)
}

# In a forecast the discount is not known yet, and is said to be so.
judgeable if {
	limits_known
	"/discount_percent" in input.action.unknown
}

# Any text is greater than any number in Rego, so a limit that is no number would hold for nothing.
limits_known if {
	is_number(limits.director_above_percent)
	is_number(limits.never_above_percent)
}

# METADATA
# title: What a discount costs is counted
# description: By the day, over all renewals; the gate denies what no longer fits, however many are decided at once.
obligations contains {"type": "reserve", "ledger": "discount_eur", "amount": money} if proposal

# METADATA
# title: When the discounts of a day are given away, the next waits for tomorrow
# labels:
#   control: FIN-09
defer contains finding if {
	proposal
	counted := input.ledgers.discount_eur
	not amount.fits("discount_eur", money)
	finding := {
		"code": "DISCOUNTS_OF_THE_DAY_GIVEN",
		"message": "what may be given away in a day is given away",
		"control": "FIN-09",
		"rule": "When the discounts of a day are given away, the next waits for tomorrow",
		"until": counted.until,
	}
}

# Exactly, in cents, and rounded up: what is reserved is never less than what is given.
money := sprintf("%d.%02d", [floor(cents / 100), cents % 100]) if {
	args := input.action.args
	is_number(discount)
	full := ((amount.units(args.annual_value) / 10000000) * args.seats) * discount
	cents := ceil(full / (args.seats_now * 100))
}
