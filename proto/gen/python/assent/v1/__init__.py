"""The services that Assent offers."""
