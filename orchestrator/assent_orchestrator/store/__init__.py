"""PostgreSQL: where it runs, what its tables are, how they come to be."""
