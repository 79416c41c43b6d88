"""The elements of a building model as arrays, in metres east, north, up of where it stands."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from tiles.glb import linear_colour
from tiles.metadata import Table
from tiles.scans.ifc.said import Said, said_of
from tiles.scans.ifc.shapes import Shape, shapes
from tiles.scans.ifc.source import File
from tiles.scans.placing import Place
from twin.entity import SEMANTICS
from twin.geo.planar import Surface, join
from twin.issues import Issue, Severity
from twin.kinds import Column
from twin.types import F64, I64, U32, object_array

COLUMNS = (
    Column("type", "string", "IFC class"),
    Column("name", "string", "Name"),
    Column("storey", "string", "Storey"),
    Column("material", "string", "Materials, with commas between them"),
    Column("properties", "string", "Property sets with their simple values, as JSON"),
)

PARTS = {
    "IfcWall": "wall", "IfcCurtainWall": "wall", "IfcRoof": "roof", "IfcWindow": "window", "IfcDoor": "door",
    "IfcSlab": "floor", "IfcCovering": "ceiling", "IfcSite": "terrain", "IfcGeographicElement": "terrain",
}  # fmt: skip
"""IFC class, also at the head of a longer one (IfcWallStandardCase) -> class of its surfaces."""

COLOURS = {
    "IfcWall": "#dcd8d0", "IfcCurtainWall": "#a9c4d8", "IfcRoof": "#b06a55", "IfcWindow": "#9fc0d8",
    "IfcDoor": "#9a7452", "IfcSlab": "#bdbab4", "IfcColumn": "#c6c2ba", "IfcBeam": "#c6c2ba", "IfcStair": "#b3aca0",
    "IfcRailing": "#8d9296", "IfcPlate": "#a9c4d8", "IfcFurni": "#b98f5f", "IfcFlow": "#8fa3a8", "IfcSpace": "#cfe3cf",
    "IfcSite": "#a3ab8c",
}  # fmt: skip
"""Colours of elements that no style colours, the same way; all others `PLAIN`."""

PLAIN = "#c8c8c8"

Tell = Callable[[int, int], object]
"""Called with how many elements are done, and of how many."""


@dataclass(slots=True, eq=False)
class Elements:
    """n elements that can be drawn, and what is amiss with others.

    surfaces   one each; owners are not set
    colours    (v,) of each: four bytes a vertex, linear
    """

    said: list[Said] = field(default_factory=list)
    surfaces: list[Surface] = field(default_factory=list)
    colours: list[U32] = field(default_factory=list)
    issues: list[Issue] = field(default_factory=list)

    def ends(self) -> F64:
        """(n, 2, 3) the lowest and highest corner of each."""
        return np.array([[one.xyz.min(axis=0), one.xyz.max(axis=0)] for one in self.surfaces])

    def vertices(self) -> I64:
        """(n,) how many each has."""
        return np.array([len(one.xyz) for one in self.surfaces], dtype=np.int64)

    def table(self, rows: I64) -> Table:
        """What some of them say, in this order; numbers count from 1."""
        said = [self.said[row] for row in rows]
        columns = {column.name: object_array([getattr(one, column.name) for one in said]) for column in COLUMNS}
        return Table(object_array([one.id for one in said]), (rows + 1).astype(np.uint32), columns)

    def surface(self, rows: I64) -> tuple[Surface, U32]:
        """The surfaces of some of them, owned by 0, 1, 2 and so on, with their colours."""
        chosen = [self.surfaces[row] for row in rows]
        owned = [
            Surface(one.xyz, one.normals, one.triangles, np.full(len(one.xyz), number), one.part)
            for number, one in enumerate(chosen)
        ]
        return join(owned), np.concatenate([self.colours[row] for row in rows])


def read_elements(model: File, chosen: list[Any], place: Place, tell: Tell) -> Elements:
    """What can be drawn of the elements of a model, in the order of the file."""
    found: dict[int, tuple[Surface, U32]] = {}
    by_id = {one.id(): one for one in chosen}
    turn = place.turn()
    for shape in shapes(model, chosen):
        found[shape.step_id] = _placed(shape, str(by_id[shape.step_id].is_a()), place, turn)
        tell(len(found), len(chosen))
    elements = Elements()
    seen: set[str] = set()
    for step_id, element in by_id.items():
        said = said_of(element)
        if step_id not in found:
            elements.issues.append(_not_drawn(said))
            continue
        if said.id in seen:
            message = f"another element has the same GlobalId; it is called {said.id}/{step_id}"
            elements.issues.append(Issue("id.duplicate", said.id, message, Severity.REPAIRED))
            said = replace(said, id=f"{said.id}/{step_id}")
        if said.lost:
            message = f"its property sets are too long for a tile; left out: {', '.join(said.lost)}"
            elements.issues.append(Issue("ifc.properties", said.id, message, Severity.NOTE))
        seen.add(said.id)
        surface, colours = found.pop(step_id)
        elements.said.append(said)
        elements.surfaces.append(surface)
        elements.colours.append(colours)
    return elements


def _not_drawn(said: Said) -> Issue:
    return Issue(
        "geometry.empty",
        said.id,
        f"{said.type} {said.name!r} has no shape that can be made of triangles; it is not drawn",
    )


def _placed(shape: Shape, type_: str, place: Place, turn: F64) -> tuple[Surface, U32]:
    count = len(shape.xyz)
    part = np.full(count, SEMANTICS.index(_by_class(PARTS, type_, "unknown")), dtype=np.uint8)
    surface = Surface(
        place.points(shape.xyz), shape.normals @ turn.T, shape.triangles, np.zeros(count, dtype=np.int64), part
    )
    return surface, _linear_bytes(shape.colours, _by_class(COLOURS, type_, PLAIN))


def _by_class(names: dict[str, str], type_: str, otherwise: str) -> str:
    return next((value for name, value in names.items() if type_.startswith(name)), otherwise)


def _linear_bytes(colours: F64, otherwise: str) -> U32:
    """(v, 3) colours as screens show them, NaN for the other one, to (v,) four bytes, linear."""
    linear = np.where(colours <= 0.04045, colours / 12.92, ((colours + 0.055) / 1.055) ** 2.4)
    linear = np.where(np.isnan(linear), np.array(linear_colour(otherwise)[:3]), linear)
    rgba = np.full((len(colours), 4), 255, dtype=np.uint8)
    rgba[:, :3] = np.rint(linear * 255)
    return np.asarray(rgba.view("<u4").ravel())
