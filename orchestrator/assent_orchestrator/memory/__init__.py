"""What is remembered: for a purpose, about a subject, for so long and no longer."""
