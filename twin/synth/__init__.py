"""The synthetic district: seeded, any size, with outbreaks whose transmission tree is known."""
