"""What a person types: a thin client of the server, and the tools of policy authors."""
