"""Entities as OGC 3D Tiles 1.1: quantised, with feature ids and attributes, the most important features first."""

from tiles.build import BuildReport, Progress, build_layer
from tiles.check import check_layer
from tiles.gather import expected_ids
from tiles.layers import LayerInfo, layer_kind, layer_kinds, layers

__all__ = [
    "BuildReport",
    "LayerInfo",
    "Progress",
    "build_layer",
    "check_layer",
    "expected_ids",
    "layer_kind",
    "layer_kinds",
    "layers",
]
