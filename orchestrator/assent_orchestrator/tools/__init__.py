"""Clients of tool servers: what stands before the enterprise systems."""
