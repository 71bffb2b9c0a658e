package assent.log_test

import data.assent.log

test_every_decision_is_dropped if {
	every event in [{}, {"input": {"secret": 1}}, {"erased": ["/input"]}] {
		log.drop with input as event
	}
}
