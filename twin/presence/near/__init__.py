"""How near is together: places as ranges of keys, scales as values."""
