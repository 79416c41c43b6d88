"""The surfaces of one CityGML feature, gathered by level of detail: walls and roofs first, then solids and the rest."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np

from twin.geo.mesh import join
from twin.ingest.album import Bad
from twin.ingest.cityobject import SURFACES, CityObject
from twin.ingest.gml_appearance import Looks
from twin.ingest.gml_geometry import (
    SOLIDS,
    Faces,
    References,
    dimension_of,
    numbers,
    polygons_of,
    ring_tokens,
)
from twin.ingest.gml_implicit import Prototypes
from twin.ingest.gml_text import Element, local
from twin.issues import Issue, Severity

SURFACE_FEATURES = frozenset({*SURFACES, "WaterSurface", "WaterGroundSurface", "TrafficArea", "AuxiliaryTrafficArea"})
"""Features that are surfaces of the one they hang on."""

_LOD = re.compile(r"lod([0-4])(\w*)")
_NO_GEOMETRY = ("TerrainIntersection", "Network")


def level_of(name: str) -> tuple[str, str] | None:
    """(level, what) of a property that holds geometry, such as `lod2Solid`; None for all others."""
    found = _LOD.fullmatch(name)
    return (found[1], found[2]) if found and not found[2].startswith(_NO_GEOMETRY) else None


@dataclass(slots=True)
class Gathered:
    """The surfaces of one object at one level of detail, as they are found."""

    faces: Faces = field(default_factory=Faces)
    seen: set[Element] = field(default_factory=set)
    shapes: set[frozenset[tuple[str, ...]]] = field(default_factory=set)
    voids: set[int] = field(default_factory=set)
    shells: int = 1
    closed: bool = False
    themed: bool = False

    def has_shape_of(self, polygon: Element) -> bool:
        """Whether a surface with the same corners was gathered before this geometry."""
        self.shapes = self.shapes or {_shape(other) for other in self.seen}
        return _shape(polygon) in self.shapes


@dataclass(slots=True)
class Surfaces:
    """Gathers for one object; `finish` hands it what was found."""

    thing: CityObject
    references: References
    prototypes: Prototypes
    dimension: int
    looks: Looks | None = None
    levels: dict[str, Gathered] = field(default_factory=dict)

    def themed(self, surface: Element) -> None:
        """The polygons of a wall, a roof, a traffic area, and of the openings in it."""
        for part in surface:
            level = level_of(local(part))
            if level:
                at = self._level(level[0])
                at.themed = True
                for geometry in part:
                    self._take(at, geometry, SURFACES.get(local(surface), 0))
            elif local(part) in ("opening", "boundedBy"):
                for opening in part:
                    if local(opening) in SURFACES:
                        self.themed(opening)

    def plain(self, lod: str, what: str, part: Element) -> None:
        """Geometry that hangs on the object itself at one level of detail."""
        for geometry in part:
            if local(geometry) == "ImplicitGeometry":
                self._implicit(lod, geometry)
            elif what in ("FootPrint", "RoofEdge") and lod == "0":
                outline = Gathered()
                self._take(outline, geometry, 0)
                if what == "FootPrint" or not self.thing.outline.count or self.thing.outline_is_roof:
                    self.thing.outline = outline.faces.geometry("0", set(), closed=False).polygons
                    self.thing.outline_is_roof = what == "RoofEdge"
            else:
                at = self._level(lod)
                self._take(at, geometry, 0, plain=True)
                self._loose(geometry)

    def _level(self, lod: str) -> Gathered:
        if lod not in self.levels:
            self.levels[lod] = Gathered(Faces(self.looks))
        return self.levels[lod]

    def _take(self, at: Gathered, geometry: Element, meaning: int, *, plain: bool = False) -> None:
        """Add the polygons of a geometry that are not there yet.

        Plain geometry (no meaning of its own) usually refers to the surfaces with a meaning; writers that repeat
        them in full are found by shape.
        """
        dimension = dimension_of(geometry, self.dimension)
        solid = plain and local(geometry) in SOLIDS
        repeats = plain and bool(at.seen)
        at.closed = at.closed or solid
        for shell, (polygon, void) in _shelled(geometry, self.references, solid=solid):
            if polygon in at.seen or (repeats and at.has_shape_of(polygon)):
                continue
            at.seen.add(polygon)
            number = 0 if at.themed and not void else at.shells + shell
            if void:
                at.voids.add(number)
            at.faces.add(polygon, meaning, number, dimension)
        at.shells = max(at.faces.shell, default=0) + 1

    def _loose(self, geometry: Element) -> None:
        """Lines and points, for what has no surfaces."""
        for element in geometry.iter("{*}LineString", "{*}Point"):
            found = numbers(ring_tokens(element, dimension_of(element, self.dimension)))
            if local(element) == "LineString" and len(found) > 1:
                self.thing.lines.append(found)
            elif local(element) == "Point" and len(found):
                self.thing.points = np.concatenate((self.thing.points, found))

    def _implicit(self, lod: str, element: Element) -> None:
        thing = self.thing
        reference = self.prototypes.reference(element, self.references, self.dimension)
        placed = self.prototypes.place(lod, reference)
        if placed is not None:
            thing.solids[lod] = placed
        elif reference.href:
            thing.waiting.append((lod, reference, False))
        else:
            thing.points = np.concatenate((thing.points, reference.spot[None, :]))
            message = "its shape is in a library file, which is not read; its position is kept"
            thing.notes.append(Issue("geometry.wrong-type", thing.path, message, Severity.NOTE))

    def finish(self) -> None:
        """Hand the object its geometry at each level of detail."""
        thing = self.thing
        bad: dict[str, Bad] = {}
        for lod, at in sorted(self.levels.items()):
            if not at.faces.face_rings:
                continue
            geometry = at.faces.geometry(lod, at.voids, closed=at.closed)
            bad |= at.faces.bad
            if lod == "0" and thing.type in ("Building", "BuildingPart"):
                thing.outline = join([thing.outline, geometry.polygons])
            else:
                thing.solids[lod] = geometry
        if self.looks is not None:
            thing.notes += self.looks.album.notes(thing.path, bad)


def _shelled(geometry: Element, references: References, *, solid: bool) -> Iterator[tuple[int, tuple[Element, bool]]]:
    """(shell number, (polygon, it bounds a void)); every solid has an outer shell and one for each void."""
    if not solid:
        for pair in polygons_of(geometry, references):
            yield 0, pair
        return
    shell = 0
    for one in [geometry] if local(geometry) == "Solid" else list(geometry.iter("{*}Solid")):
        for part in one:
            for polygon, _ in polygons_of(part, references):
                yield shell, (polygon, local(part) == "interior")
            shell += 1


def _shape(polygon: Element) -> frozenset[tuple[str, ...]]:
    """The corners of a polygon, in no order: two that share them are the same surface."""
    tokens = [token for ring in polygon.iter("{*}LinearRing") for token in ring_tokens(ring, 3)]
    return frozenset(zip(tokens[0::3], tokens[1::3], tokens[2::3], strict=True))
