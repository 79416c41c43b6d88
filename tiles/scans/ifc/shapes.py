"""What an IFC model draws: each element's triangles in metres of the model's frame, in the colours of its styles."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import ifcopenshell.geom
import numpy as np

from tiles.scans.ifc.source import File
from twin.types import F64, I64

LEFT_OUT = ("IfcOpeningElement", "IfcSpace", "IfcSpatialZone", "IfcVirtualElement", "IfcAnnotation", "IfcGrid")
"""Classes that are no solid thing."""

SPACES = ("IfcSpace", "IfcSpatialZone")


@dataclass(frozen=True, slots=True, eq=False)
class Shape:
    """An element's surface.

    xyz        (v, 3) metres, z up
    normals    (v, 3) unit vectors
    triangles  (t, 3) positions in xyz, counter-clockwise seen from outside
    colours    (v, 3) 0..1 as screens show them; NaN where no style says
    """

    step_id: int
    xyz: F64
    normals: F64
    triangles: I64
    colours: F64


def drawable(model: File, *, spaces: bool = False) -> list[Any]:
    """The elements that have a shape to draw."""
    left_out = tuple(name for name in LEFT_OUT if not (spaces and name in SPACES))
    known = _classes(model)
    return [
        one
        for one in model.by_type("IfcProduct")
        if one.Representation and not any(one.is_a(name) for name in left_out if name in known)
    ]


def _classes(model: File) -> set[str]:
    """Those of `LEFT_OUT` that the file's schema has."""
    schema = ifcopenshell.schema_by_name(model.schema_identifier)
    found = {one.name() for one in schema.entities()}
    return {name for name in LEFT_OUT if name in found}


def shapes(model: File, elements: list[Any]) -> Iterator[Shape]:
    """The surfaces of some elements, in any order; those that cannot be tessellated do not come."""
    if not elements:
        return
    settings = ifcopenshell.geom.settings()
    settings.set("use-world-coords", True)
    settings.set("apply-default-materials", False)
    iterator = ifcopenshell.geom.iterator(settings, model, os.cpu_count() or 1, include=elements)
    if not iterator.initialize():
        return
    while True:
        made = iterator.get()
        shape = _shape(made)
        if shape is not None:
            yield shape
        if not iterator.next():
            return


def _shape(made: Any) -> Shape | None:
    """None for a shape without a triangle, or with coordinates that are no numbers."""
    geometry = made.geometry
    xyz = np.frombuffer(geometry.verts_buffer, np.float64).reshape(-1, 3)
    triangles = np.frombuffer(geometry.faces_buffer, np.int32).astype(np.int64).reshape(-1, 3)
    if not len(triangles) or not np.isfinite(xyz).all():
        return None
    across = np.cross(xyz[triangles[:, 1]] - xyz[triangles[:, 0]], xyz[triangles[:, 2]] - xyz[triangles[:, 0]])
    area = np.linalg.norm(across, axis=1)
    triangles, across = triangles[area > 0], (across / np.maximum(area, 1e-300)[:, None])[area > 0]
    if not len(triangles):
        return None
    corners = triangles.ravel()
    normals = _smooth(geometry, len(xyz), triangles, across)
    if normals is None:  # flat: every triangle has corners of its own
        xyz, normals = xyz[corners], np.repeat(across, 3, axis=0)
        corners = np.arange(len(corners))
    styles = np.frombuffer(geometry.material_ids_buffer, np.int32)[area > 0]
    colours = np.full((len(xyz), 3), np.nan)
    colours[corners] = np.repeat(_colours(geometry.materials)[styles], 3, axis=0)
    return Shape(made.id, xyz.copy(), normals, corners.reshape(-1, 3), colours)


def _smooth(geometry: Any, count: int, triangles: I64, across: F64) -> F64 | None:
    """(v, 3) the kernel's normals; None where it gives none, or some that are not on the side of their triangles."""
    normals = np.frombuffer(geometry.normals_buffer, np.float64).reshape(-1, 3)
    if len(normals) != count or not np.isfinite(normals).all():
        return None
    facing = np.einsum("tcx,tx->tc", normals[triangles], across)
    return normals.copy() if (facing > 0.05).all() else None


def _colours(styles: Any) -> F64:
    """(s + 1, 3): the last one, at -1, is of what has no style."""
    rows = [[style.diffuse.r(), style.diffuse.g(), style.diffuse.b()] for style in styles]
    return np.clip(np.array([*rows, [np.nan] * 3], dtype=np.float64), 0, 1)
