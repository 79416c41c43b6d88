"""Small city models for tests: a house with a roof, in the Dutch grid, as CityJSON and CityGML."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np

from twin.entity import Entity, Mesh
from twin.ingest.source import Options, Source
from twin.issues import Issue

X, Y = 85_000.0, 447_000.0  # in Delft
CRS = "urn:ogc:def:crs:EPSG::28992"

BOX = [[0, 0, 0], [10, 0, 0], [10, 8, 0], [0, 8, 0], [0, 0, 6], [10, 0, 6], [10, 8, 6], [0, 8, 6]]
"""Corners of a house of 10 x 8 x 6 m."""

FACES = [[0, 3, 2, 1], [4, 5, 6, 7], [0, 1, 5, 4], [1, 2, 6, 5], [2, 3, 7, 6], [3, 0, 4, 7]]
"""Ground, roof, four walls; counter-clockwise from outside."""

TYPES = ["GroundSurface", "RoofSurface", "WallSurface", "WallSurface", "WallSurface", "WallSurface"]


def solid(lod: str = "2", faces: list[list[int]] | None = None) -> dict[str, Any]:
    """The house as a CityJSON Solid with semantics."""
    faces = FACES if faces is None else faces
    return {
        "type": "Solid",
        "lod": lod,
        "boundaries": [[[face] for face in faces]],
        "semantics": {
            "surfaces": [{"type": "GroundSurface"}, {"type": "RoofSurface"}, {"type": "WallSurface"}],
            "values": [[min(at, 2) for at in range(len(faces))]],
        },
    }


def cityjson(objects: dict[str, Any], **more: Any) -> dict[str, Any]:
    """A CityJSON 2.0 document over the corners of the house."""
    return {
        "type": "CityJSON",
        "version": "2.0",
        "transform": {"scale": [0.001] * 3, "translate": [X, Y, 0.0]},
        "metadata": {"referenceSystem": "https://www.opengis.net/def/crs/EPSG/0/7415"},
        "CityObjects": objects,
        "vertices": [[int(axis * 1000) for axis in corner] for corner in BOX],
        **more,
    }


def ring(points: list[list[float]], at: tuple[float, float, float] = (X, Y, 0.0)) -> str:
    """A closed gml:LinearRing."""
    closed = [*points, points[0]]
    text = " ".join(str(float(axis + shift)) for point in closed for axis, shift in zip(point, at, strict=True))
    return f"<gml:LinearRing><gml:posList>{text}</gml:posList></gml:LinearRing>"


def polygon(points: list[list[float]], name: str = "") -> str:
    """A gml:Polygon."""
    ident = f' gml:id="{name}"' if name else ""
    return f"<gml:Polygon{ident}><gml:exterior>{ring(points)}</gml:exterior></gml:Polygon>"


def member(polygons: list[str]) -> str:
    """Polygons as the members of a surface."""
    return "".join(f"<gml:surfaceMember>{one}</gml:surfaceMember>" for one in polygons)


def house_surfaces(prefix: str) -> str:
    """The house's boundary surfaces with their types."""
    return "".join(
        f"<bldg:boundedBy><bldg:{kind}><bldg:lod2MultiSurface><gml:MultiSurface>"
        + member([polygon([BOX[corner] for corner in face], f"{prefix}{at}")])
        + f"</gml:MultiSurface></bldg:lod2MultiSurface></bldg:{kind}></bldg:boundedBy>"
        for at, (kind, face) in enumerate(zip(TYPES, FACES, strict=True))
    )


def references(prefix: str, count: int = 6) -> str:
    """A solid that refers to the boundary surfaces."""
    links = "".join(f'<gml:surfaceMember xlink:href="#{prefix}{at}"/>' for at in range(count))
    return (
        "<bldg:lod2Solid><gml:Solid><gml:exterior><gml:CompositeSurface>"
        f"{links}</gml:CompositeSurface></gml:exterior></gml:Solid></bldg:lod2Solid>"
    )


def citygml(members: str, *, srs: str = CRS, envelope: bool = True, root: str = "") -> str:
    """A CityGML 2.0 document."""
    bounds = f'<gml:boundedBy><gml:Envelope srsName="{srs}" srsDimension="3"/></gml:boundedBy>' if envelope else ""
    return (
        '<?xml version="1.0" encoding="UTF-8"?>'
        '<core:CityModel xmlns:core="http://www.opengis.net/citygml/2.0" xmlns:gml="http://www.opengis.net/gml" '
        'xmlns:bldg="http://www.opengis.net/citygml/building/2.0" '
        'xmlns:gen="http://www.opengis.net/citygml/generics/2.0" '
        'xmlns:veg="http://www.opengis.net/citygml/vegetation/2.0" '
        'xmlns:grp="http://www.opengis.net/citygml/cityobjectgroup/2.0" '
        f'xmlns:xlink="http://www.w3.org/1999/xlink" {root}>{bounds}{members}</core:CityModel>'
    )


def wrap(feature: str) -> str:
    """A feature as a member of the model."""
    return f"<core:cityObjectMember>{feature}</core:cityObjectMember>"


def written(folder: Path, name: str, content: Any) -> Source:
    """A file with this content, as a source."""
    path = folder / name
    path.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
    return Source(path)


def split(found: Any) -> tuple[list[Entity], list[Issue]]:
    """What a reader gives, apart."""
    everything = list(found)
    return [e for e in everything if isinstance(e, Entity)], [i for i in everything if isinstance(i, Issue)]


def volume(mesh: Mesh) -> float:
    """Signed volume of a closed mesh."""
    xyz = mesh.xyz.astype(float) - mesh.xyz.mean(axis=0)
    a, b, c = (xyz[mesh.triangles[:, k].astype(int)] for k in range(3))
    return float(np.einsum("ij,ij->i", a, np.cross(b, c)).sum() / 6)


def area(mesh: Mesh) -> float:
    """Area of all triangles."""
    xyz = mesh.xyz.astype(float)
    a, b, c = (xyz[mesh.triangles[:, k].astype(int)] for k in range(3))
    return float(np.linalg.norm(np.cross(b - a, c - a), axis=1).sum() / 2)


__all__ = ["Options", "Source"]
