"""How outsiders reach Assent: gRPC, from the socket to the use case and back."""
