# METADATA
# title: Who may give which discount
package policies.department.sales.discounts

# METADATA
# title: Offers up to the hard limit may be written
# labels:
#   control: FIN-06
allow contains {"code": "OFFER", "message": "offers may be written", "control": "FIN-06"} if {
	input.action.system == "crm"
	input.action.operation == "write_offer"
}

# METADATA
# title: More than the free discount needs a director
# labels:
#   control: FIN-07
require_approval contains finding if {
	input.action.system == "crm"
	input.action.operation == "write_offer"
	input.action.args.discount > data.settings.limits.discount.free
	finding := {
		"code": "DISCOUNT_OVER_LIMIT",
		"message": "such a discount needs a sales director",
		"control": "FIN-07",
		"approval": {"stages": [{"role": "sales_director"}], "not": ["principal"], "expires_in": "24h"},
	}
}

# METADATA
# title: The hard limit is for nobody to lift
# labels:
#   control: FIN-08
deny contains {"code": "DISCOUNT_TOO_HIGH", "message": "nobody gives that much", "control": "FIN-08"} if {
	input.action.system == "crm"
	input.action.operation == "write_offer"
	input.action.args.discount > data.settings.limits.discount.hard
}
