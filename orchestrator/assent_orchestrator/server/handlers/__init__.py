"""The services, one a file: read the name, call the use case, translate the answer; nothing is decided here."""
