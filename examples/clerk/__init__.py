"""A service that acts as an agent, and the archive that it puts letters in."""
