"""Outlines of buildings seen from above, in a unit square, and how they are set on the ground."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import shapely

from twin.types import F64


def _outline(*corners: tuple[float, float]) -> F64:
    return np.array(corners, dtype=np.float64) - 0.5


_OCTAGON = [
    0.5 + 0.5 * f(math.pi / 8 + k * math.pi / 4) / math.cos(math.pi / 8) for k in range(8) for f in (math.cos, math.sin)
]

OUTLINES: dict[str, F64] = {
    "rect": _outline((0, 0), (1, 0), (1, 1), (0, 1)),
    "cross": _outline(
        (0.3, 0), (0.7, 0), (0.7, 0.25), (1, 0.25), (1, 0.75), (0.7, 0.75),
        (0.7, 1), (0.3, 1), (0.3, 0.75), (0, 0.75), (0, 0.25), (0.3, 0.25),
    ),
    "butterfly": _outline(
        (0, 0), (0.36, 0), (0.36, 0.22), (0.64, 0.22), (0.64, 0), (1, 0),
        (1, 0.78), (0.72, 0.78), (0.72, 1), (0.28, 1), (0.28, 0.78), (0, 0.78),
    ),
    "slab": _outline(
        (0, 0), (0.3, 0), (0.3, 0.14), (0.36, 0.14), (0.36, 0), (0.64, 0), (0.64, 0.14), (0.7, 0.14), (0.7, 0), (1, 0),
        (1, 0.86), (0.62, 0.86), (0.62, 1), (0.38, 1), (0.38, 0.86), (0, 0.86),
    ),
    "ell": _outline((0, 0), (1, 0), (1, 0.42), (0.34, 0.42), (0.34, 1), (0, 1)),
    "court": _outline((0, 0), (1, 0), (1, 1), (0.76, 1), (0.76, 0.3), (0.24, 0.3), (0.24, 1), (0, 1)),
    "octagon": _outline(*zip(_OCTAGON[::2], _OCTAGON[1::2], strict=True)),
    "chamfer": _outline((0.16, 0), (0.84, 0), (1, 0.16), (1, 0.84), (0.84, 1), (0.16, 1), (0, 0.84), (0, 0.16)),
}  # fmt: skip
"""Name -> (k, 2) corners around the middle, each within -0.5..0.5, counter-clockwise."""


def set_down(outline: str, centres: F64, sizes: F64, turn: float) -> Any:
    """Polygons of one outline: (n, 2) centres and (n, 2) widths and depths in metres, turned by radians."""
    c, s = math.cos(turn), math.sin(turn)
    corners = OUTLINES[outline][None, :, :] * sizes[:, None, :]
    corners = corners @ np.array([[c, s], [-s, c]]) + centres[:, None, :]
    return shapely.polygons(corners)
