"""The command line: a file a noun, ``main`` puts them together."""

import os

# Read when gRPC is loaded: without these it writes to the terminal by itself, and prepares for forks that never come.
os.environ.setdefault("GRPC_VERBOSITY", "NONE")
os.environ.setdefault("GRPC_ENABLE_FORK_SUPPORT", "false")
