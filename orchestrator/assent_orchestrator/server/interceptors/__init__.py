"""What happens around every call, one concern a file; ``listen.py`` has them in their order."""
