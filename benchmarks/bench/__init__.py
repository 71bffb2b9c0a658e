"""What the benchmarks share: timing, and something to time."""
