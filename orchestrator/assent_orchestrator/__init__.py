"""The enforcement point: runs plans, gates every action, records what happened."""
