# METADATA
# title: The order of a plan
# description: |
#   For questions of kind `plan`: which steps come before which, over any number of edges. That a step comes before
#   another says that it is at rest by then, not that it succeeded; only a binding demands that.
package assent.lib.plan

waits_for := {step.id: {id | some id in step.depends_on} | some step in input.plan.steps}

waited_for_by := {id: {other | some other, ids in waits_for; id in ids} | some id, _ in waits_for}

earlier := reached(waits_for)

later := reached(waited_for_by)

# METADATA
# title: The ids of all steps that are at rest before a step begins
before(id) := earlier[id]

# METADATA
# title: The ids of all steps that do not begin before a step is at rest
behind(id) := later[id]

# METADATA
# title: For each id, all ids to which edges lead from it, over any number of edges
# description: |
#   For all of them at once, in ten rounds: `graph.reachable` looks at a step once for each way that leads to it, and
#   there are more ways through a plan of fifty steps than anybody can go. A plan has 1,000 steps at most.
reached(edges) := {id: near | some id, [near, _] in found} if {
	begun := {id: [set(), {other | some other in others}] | some id, others in edges}
	far_enough := further(further(further(further(further(begun)))))
	found := further(further(further(further(further(far_enough)))))
}

# What is nearer than so many edges, and what is exactly so far, become both for twice as many.
further(found) := {id: [(near | between), beyond - between] |
	some id, [nearer, far] in found
	near := nearer | far
	between := union({found[other][0] | some other in far})
	beyond := union({found[other][1] | some other in far}) - near
}

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
