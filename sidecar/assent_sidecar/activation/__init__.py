"""What a bundle must pass before it comes into force, and what is said of it."""
