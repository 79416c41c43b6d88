"""What changes a store: batches in, and everything that keeps it small, right and lawful."""
