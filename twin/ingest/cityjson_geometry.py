"""The geometry objects of CityJSON: nested lists of vertex numbers to packed faces."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from twin.errors import UnreadableSource
from twin.geo.mesh import Polygons
from twin.ingest.cityobject import SURFACES, Geometry, plain_lod
from twin.types import F64, I64, U8

SURFACE_TYPES = ("MultiSurface", "CompositeSurface")
SOLID_TYPES = ("Solid", "MultiSolid", "CompositeSolid")


class BrokenGeometry(Exception):
    """A geometry that cannot be read: the rule it breaks and why. Caught where its object is made into an issue."""

    def __init__(self, code: str, reason: str) -> None:
        self.code = code
        self.reason = reason
        super().__init__(reason)


def vertices_of(document: dict[str, Any], name: str) -> F64:
    """(n, 3) real coordinates of a document's vertices; raises `UnreadableSource`."""
    try:
        xyz = np.asarray(document["vertices"], dtype=np.float64).reshape(-1, 3)
        transform = document.get("transform")
        if transform:
            xyz = xyz * np.asarray(transform["scale"], dtype=np.float64)
            xyz = xyz + np.asarray(transform["translate"], dtype=np.float64)
    except (KeyError, TypeError, ValueError) as error:
        reason = "its vertices or its transform are missing or not numbers"
        raise UnreadableSource(name, reason, "Export the file anew") from error
    return xyz


def surfaces(geometry: dict[str, Any], vertices: F64) -> Geometry:
    """A surface or solid geometry as packed faces; raises `BrokenGeometry`.

    Faces whose outer ring has no vertices are left out here; other faults of rings are found when they are cut.
    """
    kind = geometry["type"]
    rings: list[list[int]] = []
    faces, shell, inward, meanings = [0], list[int](), list[bool](), list[Any]()
    try:
        for values, shell_faces, inside in shells_of(kind, geometry.get("boundaries"), _values(geometry)):
            for at, face in enumerate(shell_faces):
                if len(face) == 0 or len(face[0]) == 0:
                    continue
                rings += (ring for ring in face if ring)
                faces.append(len(rings))
                shell.append(len(inward))
                meanings.append(values[at] if isinstance(values, list) and at < len(values) else values)
            inward.append(inside)
        sizes = [len(ring) for ring in rings]
        numbers = np.fromiter((number for ring in rings for number in ring), dtype=np.int64, count=sum(sizes))
    except (TypeError, ValueError, KeyError, OverflowError) as error:
        raise BrokenGeometry("geometry.wrong-type", f"the boundaries are not those of a {kind}") from error
    polygons = Polygons(_at(vertices, numbers), _offsets(sizes), np.asarray(faces, dtype=np.int64))
    return Geometry(
        plain_lod(geometry.get("lod", "")),
        polygons,
        _semantics(geometry, meanings),
        np.asarray(shell, dtype=np.int64),
        np.asarray(inward or [False], dtype=np.bool_),
        kind in SOLID_TYPES,
    )


def loose_coordinates(geometry: dict[str, Any], vertices: F64) -> list[F64]:
    """The points of a MultiPoint (one array) or the lines of a MultiLineString; raises `BrokenGeometry`."""
    boundaries = geometry.get("boundaries")
    lines = [boundaries] if geometry["type"] == "MultiPoint" else boundaries
    try:
        return [_at(vertices, np.array(line, dtype=np.int64)) for line in lines or () if line]
    except (TypeError, ValueError, OverflowError) as error:
        raise BrokenGeometry("geometry.wrong-type", f"the boundaries are not those of a {geometry['type']}") from error


def shells_of(kind: str, boundaries: Any, values: Any) -> Iterator[tuple[Any, list[Any], bool]]:
    """(semantic values, faces, is inner) of each shell."""
    if kind in SURFACE_TYPES:
        yield values, boundaries or [], False
        return
    solids = [boundaries or []] if kind == "Solid" else boundaries or []
    meanings = [values] if kind == "Solid" else values
    for s, solid in enumerate(solids):
        own = meanings[s] if isinstance(meanings, list) and s < len(meanings) else None
        for k, shell in enumerate(solid):
            yield own[k] if isinstance(own, list) and k < len(own) else None, shell, k > 0


def _values(geometry: dict[str, Any]) -> Any:
    semantics = geometry.get("semantics")
    return semantics.get("values") if isinstance(semantics, dict) else None


def _semantics(geometry: dict[str, Any], meanings: list[Any]) -> U8:
    """(f,) positions in SEMANTICS of faces whose semantic surface numbers are given (None: unknown)."""
    semantics = geometry.get("semantics")
    declared = semantics.get("surfaces") if isinstance(semantics, dict) else None
    table = [
        SURFACES.get(str(surface.get("type")), 0) if isinstance(surface, dict) else 0
        for surface in (declared if isinstance(declared, list) else ())
    ]
    return np.array([table[m] if isinstance(m, int) and 0 <= m < len(table) else 0 for m in meanings], dtype=np.uint8)


def _at(vertices: F64, numbers: I64) -> F64:
    if len(numbers) and (numbers.min() < 0 or numbers.max() >= len(vertices)):
        worst = int(numbers.max()) if numbers.max() >= len(vertices) else int(numbers.min())
        raise BrokenGeometry("geometry.broken-reference", f"vertex {worst} does not exist: there are {len(vertices)}")
    return vertices[numbers]


def _offsets(sizes: list[int]) -> I64:
    return np.concatenate((np.zeros(1, dtype=np.int64), np.cumsum(sizes, dtype=np.int64)))
