"""The service that tool servers implement."""
