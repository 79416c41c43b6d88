"""Application scenarios as values."""
