"""Plans that no run can do: proposed, put before the owners of their processes, adopted by a bundle or not at all."""
