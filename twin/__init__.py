"""The model of the city: what exists, where, when, and how it is related."""
