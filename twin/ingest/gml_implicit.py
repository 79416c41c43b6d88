"""Implicit geometries of CityGML: a shape given once, in metres of its own, placed many times."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np

from twin.geo.crs import metres_per_degree
from twin.ingest.cityobject import Geometry
from twin.ingest.gml_appearance import Looks
from twin.ingest.gml_geometry import (
    SOLIDS,
    BrokenGml,
    Faces,
    References,
    dimension_of,
    numbers,
    polygons_of,
    ring_tokens,
)
from twin.ingest.gml_text import Element, attribute, child_named, local, only_child, text_of
from twin.types import F64


@dataclass(frozen=True, slots=True, eq=False)
class Reference:
    """One use of a shape.

    href    the shape's id; empty where the shape is not GML
    matrix  (4, 4) from the shape's metres to metres at the spot
    spot    (3,) in the source's coordinates
    """

    href: str
    matrix: F64
    spot: F64


@dataclass(slots=True)
class Prototypes:
    """The shapes of one source, kept by id: a city uses a few trees and lamps many thousand times.

    degrees         the source's coordinates are degrees, so metres have to be turned into them
    latitude_first  and they come as latitude, longitude
    looks           what lies on the rings of the file, if anything
    """

    degrees: bool = False
    latitude_first: bool = False
    looks: Looks | None = None
    _shapes: dict[str, Geometry] = field(default_factory=dict, init=False)

    def reference(self, element: Element, references: References, dimension: int) -> Reference:
        """Read an ImplicitGeometry, and keep the shape if it is given in it. Raises `BrokenGml`."""
        matrix = np.eye(4)
        stated = child_named(element, "transformationMatrix")
        if stated is not None:
            try:
                matrix = np.array(text_of(stated).split(), dtype=np.float64).reshape(4, 4)
            except ValueError as error:
                raise BrokenGml("geometry.wrong-type", "its transformation matrix is not 16 numbers") from error
        spot = self._spot(element, dimension)
        relative = child_named(element, "relativeGMLGeometry")
        if relative is None:
            return Reference("", matrix, spot)
        shape = only_child(relative)
        if shape is None:
            return Reference((attribute(relative, "href") or "").removeprefix("#"), matrix, spot)
        name = attribute(shape, "id") or f"line {element.sourceline}"
        self._shapes[name] = _shape(shape, references, self.looks)
        return Reference(name, matrix, spot)

    def place(self, lod: str, reference: Reference) -> Geometry | None:
        """The shape where the reference puts it; None while it is not known."""
        shape = self._shapes.get(reference.href)
        if shape is None:
            return None
        metres = shape.polygons.xyz @ reference.matrix[:3, :3].T + reference.matrix[:3, 3]
        xyz = self._in_source_units(metres, reference.spot) + reference.spot
        return replace(shape, lod=lod, polygons=shape.polygons.with_xyz(xyz))

    def _in_source_units(self, metres: F64, spot: F64) -> F64:
        """(n, 3) metres east, north, up to the source's units in its axis order."""
        east, north, up = metres.T
        if self.degrees:
            per_lon, per_lat = metres_per_degree(float(spot[0 if self.latitude_first else 1]))
            east, north = east / per_lon, north / per_lat
        return np.column_stack((north, east, up) if self.latitude_first else (east, north, up))

    def _spot(self, element: Element, dimension: int) -> F64:
        point = child_named(element, "referencePoint")
        inner = only_child(point) if point is not None else None
        found = numbers(ring_tokens(inner, dimension_of(inner, dimension))) if inner is not None else np.zeros((0, 3))
        if len(found) != 1:
            raise BrokenGml("geometry.broken-reference", "an implicit geometry has no reference point")
        return np.asarray(found[0])


def _shape(element: Element, references: References, looks: Looks | None) -> Geometry:
    faces = Faces(looks)
    for polygon, _ in polygons_of(element, references):
        faces.add(polygon, 0, 0, 3)
    return faces.geometry("", set(), closed=local(element) in SOLIDS)
