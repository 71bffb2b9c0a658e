# METADATA
# title: What a review does only sometimes
# description: The process asks these rules; what they mean by risky is in department/legal/risk.
# custom:
#   owner: lena.brandt
package policies.process.contract_review.conditions

import data.policies.department.legal.risk

outputs := input.condition.outputs

# METADATA
# title: There is something to flag
high_risk if count(risk.risky(outputs.summary.kinds)) > 0

high_risk if outputs.citations.wrong > data.settings.risk.wrong_citations
