"""What the tool servers of the examples share. Nothing in here knows Assent, except for the one protocol it speaks."""
