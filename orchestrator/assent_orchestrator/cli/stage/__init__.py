"""A throw-away deployment on this machine: a company, people, a server; what `demo` and `chaos` are played on."""
