# METADATA
# title: Which way it goes
package policies.process.everything.conditions

# METADATA
# title: The secret is one that is known
known if startswith(input.condition.outputs.fetch.secret, "kanarek")
