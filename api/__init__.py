"""The only door to HTTP: composes everything."""
