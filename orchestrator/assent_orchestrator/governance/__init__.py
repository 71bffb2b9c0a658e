"""The gate between a step and its effect."""
