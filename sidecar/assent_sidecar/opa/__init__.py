"""The engine: which OPA it is, its process, its configuration, and asking it."""
