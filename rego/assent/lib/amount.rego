# METADATA
# title: Exact amounts
# description: |
#   Amounts are decimals written as text ("1200.50"), as JSON numbers are not exact. Compare them here and never as
#   text: "9" is greater than "10" as text, and any text is greater than any number.
package assent.lib.amount

pattern := `^([0-9]{1,15})(?:\.([0-9]{1,9}))?$`

# METADATA
# title: Whether this is an amount
is_amount(text) if {
	is_string(text)
	regex.match(pattern, text)
}

# METADATA
# title: The amount in billionths, an exact integer; undefined for anything else
units(text) := (to_number(whole) * 1000000000) + to_number(nine) if {
	some [_, whole, part] in regex.find_all_string_submatch_n(pattern, text, 1)
	nine := substring(concat("", [part, "000000000"]), 0, 9)
}

# METADATA
# title: Whether the first amount is greater than the second; undefined when one is no amount
above(first, second) if units(first) > units(second)

# METADATA
# title: What is left of a ledger of the question, in billionths
# description: |
#   Undefined for a ledger that the question does not have. Below nothing when more was spent than is allowed by now. What
#   may have been spent (`held`) is not left.
left(ledger) := units(counted.limit) - taken if {
	counted := input.ledgers[ledger]
	taken := (units(counted.spent) + units(counted.reserved)) + units(object.get(counted, "held", "0"))
}

# METADATA
# title: Whether a ledger of the question has room for an amount
fits(ledger, text) if units(text) <= left(ledger)
