# METADATA
# title: What must be done for an allow to hold
# description: |
#   The obligations of all scopes together. Equal ones are one. Of several `retry` the one with the fewest attempts
#   holds, of several `timeout` the shortest; everything else adds up.
package assent.obligation

import data.assent.duty
import data.assent.lib.duration
import data.assent.scope

collected contains one if {
	some obligations in scope.contributed.obligations
	is_set(obligations)
	some one in obligations
	duty.well_formed(one)
}

# METADATA
# title: The obligations that hold, in a fixed order
# description: Most actions have none, and nothing is sorted for them.
merged := [] if count(scope.contributed.obligations) == 0

merged := sort(((others | strictest_retry) | strictest_timeout)) if count(scope.contributed.obligations) > 0

others := {one | some one in collected; not one.type in {"retry", "timeout"}}

strictest_retry contains one if {
	ordered := sort({[one.max_attempts, one] | some one in collected; one.type == "retry"})
	one := ordered[0][1]
}

strictest_timeout contains one if {
	ordered := sort({[duration.ns(one.after), one] | some one in collected; one.type == "timeout"})
	one := ordered[0][1]
}
