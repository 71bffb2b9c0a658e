"""The words in which outsiders speak with Assent, as generated from proto/."""
