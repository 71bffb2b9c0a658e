"""Checks what policy authors wrote before anything is decided by it."""
