"""What is happening now: latest state, deltas, history."""
