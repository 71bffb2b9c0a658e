"""A candidate bundle answers every live question beside the one in force, and nothing follows from its answers."""
