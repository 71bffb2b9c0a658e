# METADATA
# description: >-
#   Who may speak to an engine that listens on a port: whoever has the token, and only to ask for a decision and for how
#   the engine is. Everything else is shut: ad-hoc queries, partial evaluation, other documents, every write.
package system.authz

default allow := false

allow if {
	crypto.sha256(input.identity) == data.system.guard.token_sha256
	[input.method, input.path] in {
		["POST", ["v1", "data", "assent", "decision"]],
		["POST", ["v1", "data", "assent", "ready"]],
		["GET", ["v1", "status"]],
		["GET", ["health"]],
	}
}
