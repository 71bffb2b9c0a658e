"""The decision point: asks OPA one question and returns one decision, failing closed."""
