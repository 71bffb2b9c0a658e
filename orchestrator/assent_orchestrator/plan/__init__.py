"""Processes, plans, bindings and labels: pure, no I/O."""
