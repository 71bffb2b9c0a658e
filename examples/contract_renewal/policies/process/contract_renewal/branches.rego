# METADATA
# title: Which way a renewal takes
# description: |
#   The choice of the process asks these rules in turn. They look at what the risk step really found; a level that nobody
#   foresaw takes no way at all, and the run fails.
# custom:
#   owner: head-of-renewals
package policies.process.contract_renewal.branches

level := input.condition.outputs.risk.level

# METADATA
# title: Renew as before
stable if level == "stable"

# METADATA
# title: Win the customer back
at_risk if level == "at_risk"

# METADATA
# title: Offer more seats
upsell if level == "upsell"
