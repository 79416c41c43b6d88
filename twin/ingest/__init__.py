"""Importers: one source format per file."""
