"""What humans declare: systems, agents, processes and memory classes."""
