"""What humans declare: systems, agents, processes, ledgers and memory classes."""
