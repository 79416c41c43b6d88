"""IFC: the only door to ifcopenshell. What a model draws, what it says of it, and where it says it stands."""
