"""Entities as OGC 3D Tiles 1.1: quantised, with feature ids and attributes, the most important features first."""

from tiles.build import BuildReport, Progress, build_layer
from tiles.check import check_layer
from tiles.follow import Follower, Update
from tiles.gather import BOTTOM, PARTS, expected_ids
from tiles.layer import Layer, News, View
from tiles.layers import LayerInfo, info_of, layer_kind, layer_kinds, layers
from tiles.moments import Moments, asked

__all__ = [
    "BOTTOM",
    "PARTS",
    "BuildReport",
    "Follower",
    "Layer",
    "LayerInfo",
    "Moments",
    "News",
    "Progress",
    "Update",
    "View",
    "asked",
    "build_layer",
    "check_layer",
    "expected_ids",
    "info_of",
    "layer_kind",
    "layer_kinds",
    "layers",
]
