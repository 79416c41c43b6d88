"""The synthetic district: seeded, any size, with outbreaks whose transmission tree is known."""

from twin.synth.feed import SyntheticFeed
from twin.synth.make import Made, make_synthetic
from twin.synth.spec import Spec

__all__ = ["Made", "Spec", "SyntheticFeed", "make_synthetic"]
