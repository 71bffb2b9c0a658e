"""What tool servers implement."""
