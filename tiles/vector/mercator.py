"""Web Mercator as the square [0, 1] x [0, 1], x to the east, y to the south, and its tiles.

Source: OGC Two Dimensional Tile Matrix Set, WebMercatorQuad.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from twin.errors import InvalidValue
from twin.types import F64, Bbox

DEEPEST = 22
LATITUDE_LIMIT = 85.051128779806592
"""Where the square ends, degrees north and south."""


@dataclass(frozen=True, slots=True)
class TileAddress:
    """Zoom, column from the west, row from the north."""

    z: int
    x: int
    y: int

    def __post_init__(self) -> None:
        if not (0 <= self.z <= DEEPEST and 0 <= self.x < 1 << self.z and 0 <= self.y < 1 << self.z):
            reason = f"there is none at zoom {self.z}, column {self.x}, row {self.y}"
            raise InvalidValue("tile", reason, f"Zooms are 0 to {DEEPEST}, columns and rows below 2 to the zoom")

    def square(self, margin: float = 0.0) -> tuple[float, float, float, float]:
        """West, north, east, south in the unit square, widened by a share of the side."""
        side = 1.0 / (1 << self.z)
        wider = margin * side
        return self.x * side - wider, self.y * side - wider, (self.x + 1) * side + wider, (self.y + 1) * side + wider

    def bbox(self, margin: float = 0.0) -> Bbox:
        """The tile in degrees."""
        west, north, east, south = np.clip(self.square(margin), 0.0, 1.0).tolist()
        corners = to_lonlat(np.array([[west, south], [east, north]]))
        return Bbox(*corners[0].tolist(), *corners[1].tolist())


def to_square(lonlat: F64) -> F64:
    """(n, 2) degrees to (n, 2) in the unit square; latitudes beyond the square's edge are on it."""
    lat = np.radians(np.clip(lonlat[:, 1], -LATITUDE_LIMIT, LATITUDE_LIMIT))
    return np.column_stack((lonlat[:, 0] / 360.0 + 0.5, 0.5 - np.arcsinh(np.tan(lat)) / (2 * np.pi)))


def to_lonlat(square: F64) -> F64:
    """The inverse of `to_square`."""
    lat = np.degrees(np.arctan(np.sinh((0.5 - square[:, 1]) * 2 * np.pi)))
    return np.column_stack(((square[:, 0] - 0.5) * 360.0, lat))
