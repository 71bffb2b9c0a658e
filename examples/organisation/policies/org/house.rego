# METADATA
# title: Whose agents may do anything at all
# description: Who is suspended stands in data/house.yaml; when that cannot be read, nothing is done for anybody.
# custom:
#   owner: the.board
package policies.org.house

# METADATA
# title: Nothing is done for who is suspended
# labels:
#   control: ORG-01
deny contains finding if {
	input.principal.id in data.settings.house.suspended
	finding := {
		"code": "PRINCIPAL_SUSPENDED",
		"message": "nothing is done for this principal",
		"control": "ORG-01",
		"rule": "Nothing is done for who is suspended",
	}
}

# METADATA
# title: Nothing is done while it is not known who is suspended
# labels:
#   control: ORG-01
deny contains finding if {
	not is_array(data.settings.house.suspended)
	finding := {
		"code": "SUSPENSIONS_UNKNOWN",
		"message": "data/house.yaml does not say who is suspended",
		"control": "ORG-01",
		"rule": "Nothing is done while it is not known who is suspended",
	}
}
