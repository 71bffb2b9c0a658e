# METADATA
# title: What is known about the values of an action
# description: |
#   `input.action.labels` maps JSON pointers into the arguments to labels. A label at a pointer holds for everything
#   below it, and a value is as sensitive as anything inside it: ask `at` unless you know why not.
package assent.lib.labels

# METADATA
# title: Every label that any argument carries
carried contains label if some label in input.action.labels[_]

# METADATA
# title: The labels of the value at a pointer, from above, from the value itself and from below
at(pointer) := above(pointer) | below(pointer)

# METADATA
# title: The labels at a pointer and of everything around it
above(pointer) := {label |
	some place, labels in input.action.labels
	is_prefix(place, pointer)
	some label in labels
}

# METADATA
# title: The labels at a pointer and of everything inside it
below(pointer) := {label |
	some place, labels in input.action.labels
	is_prefix(pointer, place)
	some label in labels
}

# METADATA
# title: Whether the value at the pointer, or anything around or inside it, carries one of the labels
carries(pointer, wanted) if {
	some label in wanted
	label in at(pointer)
}

# METADATA
# title: Whether the value at the pointer, or anything around or inside it, comes from whom nobody vouches for
# description: |
#   As the text of a document, a mail or a ticket, or what a model made of it: such a value may say what is written
#   somewhere, and not who is written to, what is paid, or what is done.
untrusted(pointer) if carries(pointer, {"untrusted"})

# METADATA
# title: Whether any argument carries one of the labels
# description: For what leaves, with `{"confidential"}`; a label on one argument is enough.
any_carries(wanted) if {
	some label in wanted
	label in carried
}

# "/to" is above "/to/0", and not above "/total".
is_prefix(pointer, pointer)

is_prefix(upper, lower) if startswith(lower, concat("", [upper, "/"]))
