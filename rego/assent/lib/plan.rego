# METADATA
# title: The order of a plan
# description: |
#   For questions of kind `plan`: which steps come before which, over any number of edges. That a step comes before
#   another says that it is at rest by then, not that it succeeded; only a binding demands that.
package assent.lib.plan

waits_for := {step.id: step.depends_on | some step in input.plan.steps}

waited_for_by := {id: {other | some other, ids in waits_for; id in ids} | some id, _ in waits_for}

# METADATA
# title: The ids of all steps that are at rest before a step begins
before(id) := graph.reachable(waits_for, waits_for[id]) - {id}

# METADATA
# title: The ids of all steps that do not begin before a step is at rest
behind(id) := graph.reachable(waited_for_by, waited_for_by[id]) - {id}

# METADATA
# title: The ids of the steps that do an action, such as `email.send`
doing(name) := {step.id |
	[system, operation] := split(name, ".")
	some step in input.plan.steps
	step.action.system == system
	step.action.operation == operation
}

# METADATA
# title: The ids of the steps to which values with a label come
carrying(label) := {step.id |
	some step in input.plan.steps
	some labels in step.action.labels
	label in labels
}
