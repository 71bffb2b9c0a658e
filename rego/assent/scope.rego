# METADATA
# title: What the scopes of a question contribute
# description: |
#   Only the packages that apply are evaluated: those of the organisation, of the departments of the process and of the
#   agent (of a hand-over: of both agents), and of the process. Each finding is marked with the package it comes from.
package assent.scope

import data.assent.approval
import data.assent.duty
import data.assent.finding

departments contains input.process.department

departments contains input.agent.department

# Who hands over has a say in it, too.
departments contains data.catalogue.agents[input.handoff.from].department

# The names are written out: a reference that could mean any rule would forbid tests to ask for the decision. What is
# empty, as most is for any one question, is left out first, so that the rest costs nothing for it.

contributed.allow[name] := found if {
	found := data.policies.org[pkg].allow
	found != set()
	name := concat("/", ["org", pkg])
}

contributed.allow[name] := found if {
	some department in departments
	found := data.policies.department[department][pkg].allow
	found != set()
	name := concat("/", ["department", department, pkg])
}

contributed.allow[name] := found if {
	found := data.policies.process[input.process.name][pkg].allow
	found != set()
	name := concat("/", ["process", input.process.name, pkg])
}

contributed.defer[name] := found if {
	found := data.policies.org[pkg].defer
	found != set()
	name := concat("/", ["org", pkg])
}

contributed.defer[name] := found if {
	some department in departments
	found := data.policies.department[department][pkg].defer
	found != set()
	name := concat("/", ["department", department, pkg])
}

contributed.defer[name] := found if {
	found := data.policies.process[input.process.name][pkg].defer
	found != set()
	name := concat("/", ["process", input.process.name, pkg])
}

contributed.require_approval[name] := found if {
	found := data.policies.org[pkg].require_approval
	found != set()
	name := concat("/", ["org", pkg])
}

contributed.require_approval[name] := found if {
	some department in departments
	found := data.policies.department[department][pkg].require_approval
	found != set()
	name := concat("/", ["department", department, pkg])
}

contributed.require_approval[name] := found if {
	found := data.policies.process[input.process.name][pkg].require_approval
	found != set()
	name := concat("/", ["process", input.process.name, pkg])
}

contributed.deny[name] := found if {
	found := data.policies.org[pkg].deny
	found != set()
	name := concat("/", ["org", pkg])
}

contributed.deny[name] := found if {
	some department in departments
	found := data.policies.department[department][pkg].deny
	found != set()
	name := concat("/", ["department", department, pkg])
}

contributed.deny[name] := found if {
	found := data.policies.process[input.process.name][pkg].deny
	found != set()
	name := concat("/", ["process", input.process.name, pkg])
}

contributed.halt[name] := found if {
	found := data.policies.org[pkg].halt
	found != set()
	name := concat("/", ["org", pkg])
}

contributed.halt[name] := found if {
	some department in departments
	found := data.policies.department[department][pkg].halt
	found != set()
	name := concat("/", ["department", department, pkg])
}

contributed.halt[name] := found if {
	found := data.policies.process[input.process.name][pkg].halt
	found != set()
	name := concat("/", ["process", input.process.name, pkg])
}

contributed.obligations[name] := found if {
	found := data.policies.org[pkg].obligations
	found != set()
	name := concat("/", ["org", pkg])
}

contributed.obligations[name] := found if {
	some department in departments
	found := data.policies.department[department][pkg].obligations
	found != set()
	name := concat("/", ["department", department, pkg])
}

contributed.obligations[name] := found if {
	found := data.policies.process[input.process.name][pkg].obligations
	found != set()
	name := concat("/", ["process", input.process.name, pkg])
}

# METADATA
# title: Findings that can be read, by verdict and package
# description: Each is checked once, as this is where most of the time of a decision goes; and only where there are any.
sound.allow[name] := readable("allow", name, found) if some name, found in contributed.allow

sound.defer[name] := readable("defer", name, found) if some name, found in contributed.defer

sound.require_approval[name] := readable("require_approval", name, found) if some name, found in contributed.require_approval

sound.deny[name] := readable("deny", name, found) if some name, found in contributed.deny

sound.halt[name] := readable("halt", name, found) if some name, found in contributed.halt

readable(verdict, name, found) := findings if {
	is_set(found)
	findings := {finding.located(one, name) | some one in found; finding.well_formed(verdict, one)}
}

# METADATA
# title: Findings that grant
allow := {found | some found in sound.allow[_]}

# METADATA
# title: Findings that ask to wait
defer := {found | some found in sound.defer[_]}

# METADATA
# title: Findings that ask for an approval
require_approval := {found | some found in sound.require_approval[_]}

# METADATA
# title: Findings that deny
deny := {found | some found in sound.deny[_]}

# METADATA
# title: Findings that stop the run
halt := {found | some found in sound.halt[_]}

# METADATA
# title: What applies, but cannot be read
malformed contains found if {
	some verdict in {"allow", "defer", "require_approval", "deny", "halt"}
	some name, findings in contributed[verdict]
	not all_sound(verdict, name, findings)
	message := concat(" ", ["what this policy contributes to", verdict, "is not a set of findings"])
	found := {"code": "MALFORMED_FINDING", "message": concat("", [message, slips(findings)]), "scope": name}
}

# Which keys of an approval are at fault. What policies name themselves is not repeated: only what could be a key is.
slips(findings) := concat("", [": its approval has a fault in ", concat(", ", sort(keys))]) if {
	keys := {key |
		some one in findings
		is_object(one)
		asked := object.get(one, "approval", null)
		is_object(asked)
		some key in approval.mistakes(asked)
		regex.match(`^[a-z_]{1,32}$`, key)
	}
	count(keys) in numbers.range(1, 20)
} else := ""

malformed contains found if {
	some name, obligations in contributed.obligations
	not duty.all_well_formed(obligations)
	message := "what this policy contributes to obligations is not a set of obligations"
	found := {"code": "MALFORMED_OBLIGATION", "message": message, "scope": name}
}

all_sound(verdict, name, findings) if count(sound[verdict][name]) == count(findings)
