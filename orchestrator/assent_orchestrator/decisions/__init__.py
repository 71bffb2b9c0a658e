"""Decisions for agents that act themselves, and the permits that they were given."""
