"""The one generic record: whatever exists in the city is an `Entity` of some kind. Data only, no I/O."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from twin.types import F32, I32, U8, U32, EntityId

SEMANTICS = (
    "unknown", "ground", "wall", "roof", "window", "door", "closure", "floor", "ceiling", "terrain", "installation",
)  # fmt: skip
"""What a triangle is a part of; `Mesh.semantics` holds positions in this tuple."""


REPEATED, MIRRORED, CLAMPED, PLAIN = "wrap", "mirror", "clamp", "none"
BEYOND = (REPEATED, MIRRORED, CLAMPED, PLAIN)
"""An image comes again and again, turned over each time or not; its rim goes on; or the surface keeps its colour."""


@dataclass(frozen=True, slots=True)
class Picture:
    """An image file that lies on surfaces.

    name           the hash of its bytes: 32 hexadecimal digits
    width, height  pixels
    beyond         what lies on a surface beyond its edges: one of `BEYOND`, or a colour `#rrggbb`
    read           gives its bytes, raises `OSError` where they are gone; None: the twin has them, or is to find them
    """

    name: str
    width: int
    height: int
    read: Callable[[], bytes] | None = field(default=None, compare=False)
    beyond: str = REPEATED


@dataclass(frozen=True, slots=True, eq=False)
class Skin:
    """Which image lies where on the triangles of a mesh.

    pictures  the images
    picture   (m,) int32 positions in pictures; -1: the triangle keeps its plain colour
    uv        (m, 3, 2) float32, of each corner: 0..1 to the right and upwards is the image
    """

    pictures: tuple[Picture, ...]
    picture: I32
    uv: F32


@dataclass(frozen=True, slots=True, eq=False)
class Mesh:
    """Triangles of one entity at one level of detail, in a local frame.

    anchor     (lon, lat, height): degrees WGS84 and ellipsoidal metres; the origin of the frame
    xyz        (n, 3) float32, metres east, north, up of the anchor (the tangent plane there)
    triangles  (m, 3) uint32, positions in xyz, counter-clockwise seen from outside
    semantics  (m,) uint8, positions in SEMANTICS
    skin       images on it, if any
    """

    anchor: tuple[float, float, float]
    xyz: F32
    triangles: U32
    semantics: U8
    skin: Skin | None = None


def detail_of(name: str) -> tuple[int, ...]:
    """A level of detail by its name, to sort by: "2.2" is (2, 2)."""
    return tuple(int(part) for part in name.split(".") if part.isdigit())


@dataclass(frozen=True, slots=True)
class Entity:
    """A thing in the city, as known from one source.

    footprint   WKB of a 2D geometry, lon/lat degrees WGS84 (point, line, polygon or multi-), or None
    base_m      ellipsoidal height of its lowest point, metres; None where not known
    height_m    from base to top, metres; None where not known
    storeys     above ground; storeys_below: basements
    meshes      level of detail ("1", "2", "2.2", "3") -> Mesh; empty for a plain extrusion
    valid_from, valid_to   UTC seconds, half-open: when it exists in the city (None: open)
    """

    id: EntityId
    kind: str
    parent: EntityId | None = None
    footprint: bytes | None = None
    base_m: float | None = None
    height_m: float | None = None
    storeys: int | None = None
    storeys_below: int | None = None
    meshes: dict[str, Mesh] = field(default_factory=dict)
    attributes: dict[str, Any] = field(default_factory=dict)
    cim_level: int | None = None
    grid_code: str | None = None
    source: str = ""
    valid_from: int | None = None
    valid_to: int | None = None
