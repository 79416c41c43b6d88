"""What every city-model reader makes and `twin.ingest.placing` turns into entities: objects in their source's frame."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from twin.entity import SEMANTICS
from twin.geo.mesh import EMPTY, Polygons, join
from twin.ingest.paint import Paint, unite_paint
from twin.issues import Issue
from twin.types import F64, I64, U8, Bools

UNKNOWN, GROUND, ROOF, CLOSURE, INSTALLATION = (
    SEMANTICS.index(name) for name in ("unknown", "ground", "roof", "closure", "installation")
)

SURFACES: dict[str, int] = {
    "GroundSurface": GROUND,
    "RoofSurface": ROOF,
    "WallSurface": SEMANTICS.index("wall"),
    "InteriorWallSurface": SEMANTICS.index("wall"),
    "ClosureSurface": CLOSURE,
    "WaterClosureSurface": CLOSURE,
    "TrafficAreaClosureSurface": CLOSURE,
    "FloorSurface": SEMANTICS.index("floor"),
    "OuterFloorSurface": SEMANTICS.index("floor"),
    "CeilingSurface": SEMANTICS.index("ceiling"),
    "OuterCeilingSurface": SEMANTICS.index("ceiling"),
    "Window": SEMANTICS.index("window"),
    "WindowSurface": SEMANTICS.index("window"),
    "Door": SEMANTICS.index("door"),
    "DoorSurface": SEMANTICS.index("door"),
}
"""Surface types of CityGML and CityJSON -> position in `SEMANTICS`; all others are unknown."""

PARTS = {"BuildingPart": "building_part", "BridgePart": "bridge", "TunnelPart": "bridge"}
"""Types without which the object above is not whole."""

MERGED = frozenset({
    "BuildingInstallation", "IntBuildingInstallation", "BuildingConstructiveElement", "BridgeInstallation",
    "IntBridgeInstallation", "BridgeConstructionElement", "BridgeConstructiveElement", "BridgeRoom", "BridgeFurniture",
    "TunnelInstallation", "IntTunnelInstallation", "TunnelConstructiveElement", "TunnelHollowSpace", "HollowSpace",
    "TunnelFurniture",
})  # fmt: skip
"""Types that are no entity of their own: their surfaces belong to the object they hang on."""

KINDS: dict[str, str] = {
    "Building": "building",
    **PARTS,
    "BuildingUnit": "unit",
    "BuildingRoom": "unit",
    "Room": "unit",
    "BuildingStorey": "storey",
    "Storey": "storey",
    "BuildingFurniture": "furniture",
    "Road": "road",
    "Railway": "road",
    "Square": "road",
    "Track": "road",
    "TransportSquare": "road",
    "TransportationComplex": "road",
    "Waterway": "water",
    "WaterBody": "water",
    "LandUse": "landuse",
    "PlantCover": "plant",
    "SolitaryVegetationObject": "plant",
    "CityFurniture": "furniture",
    "GenericCityObject": "furniture",
    "OtherConstruction": "furniture",
    "Bridge": "bridge",
    "Tunnel": "bridge",
    "TINRelief": "terrain",
}
"""Type of a city object -> kind of entity. Where a kind takes several types, the entity says which it was."""

SHEETS = frozenset({"terrain", "road", "water", "landuse", "PlantCover"})
"""Kinds (and one type) whose surfaces look up, rather than out of a body."""

SAME_NAME = frozenset(
    {"Building", "BuildingPart", "Road", "WaterBody", "LandUse", "Bridge", "CityFurniture", "TINRelief"}
)
"""Types that their kind already tells."""


@dataclass(slots=True, eq=False)
class Geometry:
    """Surfaces of one object at one level of detail, in the source's coordinates.

    semantics  (f,) uint8, positions in SEMANTICS
    shell      (f,) int64, ascending from 0: the closed shell or loose set that each face is a part of
    inward     (s,) true for shells that bound a void
    closed     the outer shells are those of solids
    paint      images on its surfaces, if any
    """

    lod: str
    polygons: Polygons
    semantics: U8
    shell: I64
    inward: Bools
    closed: bool = False
    paint: Paint | None = None

    @staticmethod
    def loose(lod: str, polygons: Polygons, semantics: U8 | None = None) -> Geometry:
        """Surfaces that make no solid."""
        count = polygons.count
        meaning = np.zeros(count, dtype=np.uint8) if semantics is None else semantics
        return Geometry(lod, polygons, meaning, np.zeros(count, dtype=np.int64), np.zeros(1, dtype=np.bool_))


def unite(geometries: list[Geometry]) -> Geometry:
    """Geometries of the same level of detail as one; their shells stay apart."""
    if len(geometries) == 1:
        return geometries[0]
    before = np.cumsum([0, *(len(geometry.inward) for geometry in geometries)])
    return Geometry(
        geometries[0].lod,
        join([geometry.polygons for geometry in geometries]),
        np.concatenate([geometry.semantics for geometry in geometries]),
        np.concatenate([geometry.shell + at for geometry, at in zip(geometries, before, strict=False)]),
        np.concatenate([geometry.inward for geometry in geometries]),
        all(geometry.closed for geometry in geometries),
        unite_paint([(geometry.polygons, geometry.paint) for geometry in geometries]),
    )


@dataclass(slots=True, eq=False)
class CityObject:
    """One object of a city model, in its source's reference system.

    path      points into the source, for messages
    solids    its surfaces by level of detail ("1", "2.2"), without those of its installations
    fittings  surfaces of its installations by level of detail
    outline   LoD0 surfaces, if any; outline_is_roof: they are its roof's edge, not its foot
    points    (n, 3) positions where it has no surfaces
    lines     (k, 3) arrays where it has no surfaces
    waiting   (level, reference, it is an installation's) of shapes that come later in the file
    fault     why it cannot be taken as it is; it is then rejected
    notes     faults that it survives
    """

    id: str
    type: str
    path: str
    parent: str | None = None
    attributes: dict[str, Any] = field(default_factory=dict)
    solids: dict[str, Geometry] = field(default_factory=dict)
    fittings: dict[str, Geometry] = field(default_factory=dict)
    outline: Polygons = EMPTY
    outline_is_roof: bool = False
    points: F64 = field(default_factory=lambda: np.zeros((0, 3)))
    lines: list[F64] = field(default_factory=list)
    waiting: list[tuple[str, Any, bool]] = field(default_factory=list)
    fault: Issue | None = None
    notes: list[Issue] = field(default_factory=list)

    @property
    def kind(self) -> str:
        """The kind of entity it becomes."""
        return KINDS[self.type]

    @property
    def is_sheet(self) -> bool:
        """Its surfaces look up."""
        return self.kind in SHEETS or self.type in SHEETS

    def add_fitting(self, geometry: Geometry) -> None:
        """Surfaces of an installation, at their level of detail."""
        geometry.semantics = np.full(geometry.polygons.count, INSTALLATION, dtype=np.uint8)
        there = self.fittings.get(geometry.lod)
        self.fittings[geometry.lod] = unite([there, geometry]) if there else geometry


Family = list[CityObject]
"""An object and everything that hangs under it, in this order."""


def plain_lod(lod: object) -> str:
    """ "2", "2.2": a level of detail as meshes name it; "2.0" is "2"."""
    text = str(lod).strip()
    return text.removesuffix(".0")
