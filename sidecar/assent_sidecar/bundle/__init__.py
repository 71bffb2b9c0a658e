"""Turns a workspace into the one bundle that OPA decides by, and hands it to OPA."""
