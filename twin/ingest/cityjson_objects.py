"""The city objects of a CityJSON document, gathered in families (an object and all that hangs under it)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from twin.geo.mesh import join
from twin.ingest.cityjson_appearance import Appearance
from twin.ingest.cityjson_geometry import (
    SOLID_TYPES,
    SURFACE_TYPES,
    BrokenGeometry,
    loose_coordinates,
    surfaces,
    vertices_of,
)
from twin.ingest.cityobject import KINDS, MERGED, CityObject, Family, Geometry, unite
from twin.issues import Issue
from twin.types import F64

_PART_LISTS = ("children", "Parts", "Installations", "members")


@dataclass(slots=True, eq=False)
class Model:
    """What the objects of one document share: its name, its vertices, its geometry templates, and its textures."""

    name: str
    vertices: F64
    document: dict[str, Any]
    appearance: Appearance
    templates: list[Any] = field(init=False)
    template_vertices: F64 = field(init=False)

    def __post_init__(self) -> None:
        shared = self.document.get("geometry-templates")
        shared = shared if isinstance(shared, dict) else {}
        self.templates = shared.get("templates") or []
        self.template_vertices = vertices_of({"vertices": shared.get("vertices-templates") or []}, self.name)


def families(objects: dict[str, Any], model: Model) -> Iterator[Family | Issue]:
    """Each top-level object with everything under it, parents first; issues for what is not taken."""
    parents = _parents(objects)
    below: dict[str, list[str]] = {}
    for child, parent in parents.items():
        below.setdefault(parent, []).append(child)
    for name, found in objects.items():
        if name not in parents:
            yield from _family(name, found, objects, below, model)


def _parents(objects: dict[str, Any]) -> dict[str, str]:
    """Child -> parent, by whichever end states it (`parents`, `parent` before 1.0, `children`, 0.5's lists)."""
    parents: dict[str, str] = {}
    for name, found in objects.items():
        if not isinstance(found, dict) or found.get("type") == "CityObjectGroup":
            continue
        stated = found.get("parents") or found.get("parent")
        above = stated[0] if isinstance(stated, list) and stated else stated
        if isinstance(above, str) and above in objects and above != name:
            parents[name] = above
        for key in _PART_LISTS:
            listed = found.get(key)
            for child in listed if isinstance(listed, list) else ():
                if isinstance(child, str) and child in objects and child != name:
                    parents.setdefault(child, name)
    return _without_circles(parents)


def _without_circles(parents: dict[str, str]) -> dict[str, str]:
    """The same without links that lead back to where they came from."""
    for start in list(parents):
        seen, at = {start}, start
        while at in parents:
            above = parents[at]
            if above in seen:
                del parents[at]
                break
            seen.add(above)
            at = above
    return parents


def _family(
    root: str, found: Any, objects: dict[str, Any], below: dict[str, list[str]], model: Model
) -> Iterator[Family | Issue]:
    family: Family = []
    carriers: dict[str, CityObject] = {}
    waiting = [(root, found, "")]
    while waiting:
        name, found, parent = waiting.pop(0)
        thing = _object(name, found, model)
        if isinstance(thing, Issue):
            yield thing
        elif thing.type in MERGED and parent in carriers:
            carriers[name] = carriers[parent]
            _merge(carriers[parent], thing)
        elif thing.type in MERGED:
            yield Issue("object.unsupported", thing.path, f"a {thing.type} that hangs on nothing is not imported")
        else:
            thing.parent = carriers[parent].id if parent in carriers else None
            carriers[name] = thing
            family.append(thing)
        waiting += ((child, objects[child], name) for child in below.get(name, ()))
    if family:
        yield family


def _object(name: str, found: Any, model: Model) -> CityObject | Issue:
    """One object with its attributes and geometries; its `fault` says why it cannot be taken."""
    path = f"{model.name} {name}"
    kind = found.get("type") if isinstance(found, dict) else None
    if not isinstance(kind, str) or (kind not in KINDS and kind not in MERGED):
        return Issue("object.unsupported", path, f"objects of type {str(kind)[:60]!r} are not imported")
    attributes = found.get("attributes")
    thing = CityObject(name, kind, path, attributes=dict(attributes) if isinstance(attributes, dict) else {})
    if "address" in found:
        thing.attributes.setdefault("address", found["address"])
    try:
        _add_geometries(thing, found.get("geometry"), model)
    except BrokenGeometry as error:
        thing.fault = Issue(error.code, path, error.reason)
    return thing


def _add_geometries(thing: CityObject, geometries: Any, model: Model) -> None:
    best: dict[str, list[Geometry]] = {}
    for geometry in geometries if isinstance(geometries, list) else ():
        kind = geometry.get("type") if isinstance(geometry, dict) else None
        if kind == "GeometryInstance":
            _keep_best(best, _instance(thing, geometry, model))
        elif kind in SURFACE_TYPES or kind in SOLID_TYPES:
            made = surfaces(geometry, model.vertices)
            model.appearance.paint(geometry, made, thing)
            _keep_best(best, made)
        elif kind == "MultiPoint":
            thing.points = np.concatenate([thing.points, *loose_coordinates(geometry, model.vertices)])
        elif kind == "MultiLineString":
            thing.lines += [line for line in loose_coordinates(geometry, model.vertices) if len(line) > 1]
        else:
            raise BrokenGeometry("geometry.wrong-type", f"geometries of type {str(kind)[:40]!r} are not known")
    for lod, same in best.items():
        whole = unite(same)
        if lod.startswith("0") and thing.kind in ("building", "building_part"):
            thing.outline = join([thing.outline, whole.polygons])
        else:
            thing.solids[lod] = whole


def _keep_best(best: dict[str, list[Geometry]], geometry: Geometry) -> None:
    """Of the geometries at one level of detail: those whose surfaces have a meaning, then those that close a body.

    Several say the same twice where they differ in this; where they do not, they are pieces of one whole.
    """
    if not geometry.polygons.count:
        return
    there = best.get(geometry.lod)
    if there is None or _worth(geometry) > _worth(there[0]):
        best[geometry.lod] = [geometry]
    elif _worth(geometry) == _worth(there[0]):
        there.append(geometry)


def _worth(geometry: Geometry) -> tuple[bool, bool]:
    return bool(geometry.semantics.any()), geometry.closed


def _instance(thing: CityObject, geometry: dict[str, Any], model: Model) -> Geometry:
    """A template placed by its matrix at its reference point."""
    try:
        template = model.templates[geometry["template"]]
        matrix = np.asarray(geometry["transformationMatrix"], dtype=np.float64).reshape(4, 4)
        spot = model.vertices[geometry["boundaries"][0]]
    except (KeyError, IndexError, TypeError, ValueError) as error:
        reason = "a geometry instance names a template or a point that does not exist"
        raise BrokenGeometry("geometry.broken-reference", reason) from error
    if not isinstance(template, dict) or template.get("type") not in (*SURFACE_TYPES, *SOLID_TYPES):
        raise BrokenGeometry("geometry.wrong-type", "a geometry template is no surface or solid")
    placed = surfaces(template, model.template_vertices)
    model.appearance.paint(template, placed, thing)
    xyz = placed.polygons.xyz @ matrix[:3, :3].T + matrix[:3, 3] + spot
    placed.polygons = placed.polygons.with_xyz(xyz)
    return placed


def _merge(carrier: CityObject, thing: CityObject) -> None:
    """Give an installation's surfaces to what it hangs on."""
    carrier.fault = carrier.fault or thing.fault
    carrier.notes += thing.notes
    for geometry in thing.solids.values():
        carrier.add_fitting(geometry)
    carrier.attributes["fittings"] = carrier.attributes.get("fittings", 0) + 1
