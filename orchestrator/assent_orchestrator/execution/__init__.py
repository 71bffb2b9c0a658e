"""Running plans: in order, durably, one gated attempt at a time."""
