# METADATA
# title: What the scopes of a question contribute
# description: |
#   Only the packages that apply are evaluated: those of the organisation, of the departments of the process and of the
#   agent, and of the process. Each finding is marked with the package it comes from.
package assent.scope

import data.assent.finding

departments contains input.process.department

departments contains input.agent.department

# The five names are written out: a reference that could mean any rule would forbid tests to ask for the decision.

contributed.allow[name] := found if {
	found := data.policies.org[pkg].allow
	name := concat("/", ["org", pkg])
}

contributed.allow[name] := found if {
	some department in departments
	found := data.policies.department[department][pkg].allow
	name := concat("/", ["department", department, pkg])
}

contributed.allow[name] := found if {
	found := data.policies.process[input.process.name][pkg].allow
	name := concat("/", ["process", input.process.name, pkg])
}

contributed.defer[name] := found if {
	found := data.policies.org[pkg].defer
	name := concat("/", ["org", pkg])
}

contributed.defer[name] := found if {
	some department in departments
	found := data.policies.department[department][pkg].defer
	name := concat("/", ["department", department, pkg])
}

contributed.defer[name] := found if {
	found := data.policies.process[input.process.name][pkg].defer
	name := concat("/", ["process", input.process.name, pkg])
}

contributed.require_approval[name] := found if {
	found := data.policies.org[pkg].require_approval
	name := concat("/", ["org", pkg])
}

contributed.require_approval[name] := found if {
	some department in departments
	found := data.policies.department[department][pkg].require_approval
	name := concat("/", ["department", department, pkg])
}

contributed.require_approval[name] := found if {
	found := data.policies.process[input.process.name][pkg].require_approval
	name := concat("/", ["process", input.process.name, pkg])
}

contributed.deny[name] := found if {
	found := data.policies.org[pkg].deny
	name := concat("/", ["org", pkg])
}

contributed.deny[name] := found if {
	some department in departments
	found := data.policies.department[department][pkg].deny
	name := concat("/", ["department", department, pkg])
}

contributed.deny[name] := found if {
	found := data.policies.process[input.process.name][pkg].deny
	name := concat("/", ["process", input.process.name, pkg])
}

contributed.halt[name] := found if {
	found := data.policies.org[pkg].halt
	name := concat("/", ["org", pkg])
}

contributed.halt[name] := found if {
	some department in departments
	found := data.policies.department[department][pkg].halt
	name := concat("/", ["department", department, pkg])
}

contributed.halt[name] := found if {
	found := data.policies.process[input.process.name][pkg].halt
	name := concat("/", ["process", input.process.name, pkg])
}

contributed.obligations[name] := found if {
	found := data.policies.org[pkg].obligations
	name := concat("/", ["org", pkg])
}

contributed.obligations[name] := found if {
	some department in departments
	found := data.policies.department[department][pkg].obligations
	name := concat("/", ["department", department, pkg])
}

contributed.obligations[name] := found if {
	found := data.policies.process[input.process.name][pkg].obligations
	name := concat("/", ["process", input.process.name, pkg])
}

# METADATA
# title: Findings that grant
allow contains finding.located(found, name) if {
	some name, findings in contributed.allow
	is_set(findings)
	some found in findings
	finding.well_formed("allow", found)
}

# METADATA
# title: Findings that ask to wait
defer contains finding.located(found, name) if {
	some name, findings in contributed.defer
	is_set(findings)
	some found in findings
	finding.well_formed("defer", found)
}

# METADATA
# title: Findings that ask for an approval
require_approval contains finding.located(found, name) if {
	some name, findings in contributed.require_approval
	is_set(findings)
	some found in findings
	finding.well_formed("require_approval", found)
}

# METADATA
# title: Findings that deny
deny contains finding.located(found, name) if {
	some name, findings in contributed.deny
	is_set(findings)
	some found in findings
	finding.well_formed("deny", found)
}

# METADATA
# title: Findings that stop the run
halt contains finding.located(found, name) if {
	some name, findings in contributed.halt
	is_set(findings)
	some found in findings
	finding.well_formed("halt", found)
}

# METADATA
# title: What applies, but cannot be read
malformed contains found if {
	some verdict in {"allow", "defer", "require_approval", "deny", "halt"}
	some name, findings in contributed[verdict]
	not finding.all_well_formed(verdict, findings)
	message := concat(" ", ["what this policy contributes to", verdict, "is not a set of findings"])
	found := {"code": "MALFORMED_FINDING", "message": message, "scope": name}
}

malformed contains found if {
	some name, obligations in contributed.obligations
	not data.assent.obligation.all_well_formed(obligations)
	message := "what this policy contributes to obligations is not a set of obligations"
	found := {"code": "MALFORMED_OBLIGATION", "message": message, "scope": name}
}
