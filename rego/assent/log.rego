# METADATA
# title: What the engine may write down about decisions
# description: |
#   OPA gives out decision ids only while it keeps a decision log. The sidecar configures one and points it to this
#   rule (decision_logs.drop_decision), so that no question and no answer ever reaches a log: the audit trail is the
#   record, and it holds digests only. An OPA of your own may log what it likes, as it does not ask this rule.
package assent.log

drop := true
