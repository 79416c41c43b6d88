"""Compiled loops over mapped columns: arrays in, arrays out, no lock held."""
