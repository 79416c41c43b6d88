"""City objects to entities: coordinates to WGS84, footprints, heights, meshes. In batches, so that arrays pay."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace

import numpy as np
import shapely

from twin.entity import Entity, Mesh
from twin.geo.crs import lonlat_to_xyz_each
from twin.ingest.city_attributes import STOREY_M, storeys_of, tidy
from twin.ingest.city_storeys import level_by_height
from twin.ingest.cityobject import PARTS, CityObject, Family, Geometry, unite
from twin.ingest.faults import fault_messages, rule
from twin.ingest.meshing import Meshed, make_meshes
from twin.ingest.outline import Plumb, footprint, union
from twin.ingest.reference import Reference, reference_of
from twin.ingest.shapes import HALF_ROUND_DEG, HIGHEST_LATITUDE
from twin.ingest.source import Options
from twin.issues import Issue, Severity
from twin.types import F64

_BATCH_POINTS = 50_000
_BATCH_OBJECTS = 1_000
_NOT_FLAT_M = 0.1
_NO_HEIGHT_M = 0.01


@dataclass(slots=True, eq=False)
class _Placed:
    """One object on its way: its coordinates by name, on Earth."""

    thing: CityObject
    lonlat: dict[str, F64] = field(default_factory=dict)
    height: dict[str, F64] = field(default_factory=dict)
    anchor: tuple[float, float, float] = (0.0, 0.0, 0.0)
    meshes: dict[str, Meshed] = field(default_factory=dict)
    entity: Entity | None = None
    issues: list[Issue] = field(default_factory=list)


def place(
    families: Iterable[Family | Issue], options: Options, declared: Callable[[], str | None], thing: str
) -> Iterator[Entity | Issue]:
    """Entities of families of city objects; issues pass through where they stand.

    declared  tells the reference system that the source names, or None; asked when the first objects have come
    thing     what messages call the source
    Raises `MissingCrs` and `WrongCrs` when the first coordinates come.
    """
    source = options.source_name or thing
    reference: Reference | None = None
    batch: list[Family] = []
    points = 0
    for family in families:
        if isinstance(family, Issue):
            yield family
            continue
        batch.append(family)
        points += sum(len(xyz) for member in family for _, xyz in _coordinates(member))
        if points >= _BATCH_POINTS or len(batch) >= _BATCH_OBJECTS:
            reference = reference or _reference(batch, options, declared(), thing)
            yield from _place(batch, reference, options, source)
            batch, points = [], 0
    if batch:
        yield from _place(batch, reference or _reference(batch, options, declared(), thing), options, source)


def _reference(batch: list[Family], options: Options, declared: str | None, thing: str) -> Reference:
    rows = [xyz for family in batch for member in family for _, xyz in _coordinates(member)]
    return reference_of(np.concatenate([*rows, np.zeros((0, 3))]), options, declared, thing)


def _coordinates(thing: CityObject) -> Iterator[tuple[str, F64]]:
    """All coordinates of an object, each set by the name that `_Placed` keeps it under."""
    for lod, geometry in thing.solids.items():
        yield lod, geometry.polygons.xyz
    for lod, geometry in thing.fittings.items():
        yield "fitting " + lod, geometry.polygons.xyz
    yield "outline", thing.outline.xyz
    yield "points", thing.points
    for at, line in enumerate(thing.lines):
        yield f"line {at}", line


def _place(batch: list[Family], reference: Reference, options: Options, source: str) -> Iterator[Entity | Issue]:
    families = [[_Placed(thing) for thing in family] for family in batch]
    everyone = [member for family in families for member in family]
    _to_earth(everyone, reference)
    _add_meshes([member for member in everyone if member.thing.fault is None])
    for family in families:
        for member in family:
            _make_entity(member, options, source)
        below = _children(family)
        _number_storeys(family, below)
        _whole_from_parts(family, below)
        yield from _outcome(family)


def _to_earth(everyone: list[_Placed], reference: Reference) -> None:
    """Convert the coordinates of all objects in one sweep; mark what is not on Earth."""
    rows = [(member, name, xyz) for member in everyone for name, xyz in _coordinates(member.thing)]
    xyz = np.concatenate([*(row[2] for row in rows), np.zeros((0, 3))])
    lonlat, height = reference.to_lonlat(xyz)
    at = 0
    for member, name, own in rows:
        member.lonlat[name] = lonlat[at : at + len(own)]
        member.height[name] = height[at : at + len(own)]
        at += len(own)
    for member in everyone:
        _check(member)


def _check(member: _Placed) -> None:
    """Find an object's anchor; reject coordinates that are not finite or not on Earth; note unknown heights."""
    thing = member.thing
    lonlat = np.concatenate(list(member.lonlat.values()))
    height = np.concatenate(list(member.height.values()))
    if not len(lonlat) or thing.fault:
        return
    if not all(np.isfinite(xyz).all() for _, xyz in _coordinates(thing)):
        thing.fault = Issue("geometry.not-finite", thing.path, "a coordinate is not a finite number")
    elif not np.isfinite(lonlat).all():
        thing.fault = Issue("geometry.outside-earth", thing.path, "coordinates are not on Earth in this system")
    else:
        (west, south), (east, north) = lonlat.min(axis=0), lonlat.max(axis=0)
        if east - west > HALF_ROUND_DEG or max(abs(south), abs(north)) > HIGHEST_LATITUDE:
            message = "it crosses the antimeridian or lies at a pole; no box of longitudes holds it"
            thing.fault = Issue("geometry.antimeridian", thing.path, message)
        known = height[np.isfinite(height)]
        member.anchor = ((west + east) / 2, (south + north) / 2, float(known.min(initial=np.inf)) if len(known) else 0)
        if len(known) < len(height):
            message = "heights such as -9999 stand for 'not known'; it was taken without heights and without a mesh"
            member.issues.append(Issue("height.sentinel", thing.path, message, Severity.NOTE))


def _add_meshes(members: list[_Placed]) -> None:
    """Make the meshes of all objects in one sweep."""
    units: list[tuple[_Placed, str, Geometry]] = []
    names: list[list[str]] = []
    for member in members:
        if any(np.isnan(height).any() for height in member.height.values()):
            continue
        for lod, geometry, parts in _levels(member.thing):
            units.append((member, lod, geometry))
            names.append(parts)
    if not units:
        return
    anchors = np.array([member.anchor for member, _, _ in units])
    lonlat = [unit[0].lonlat[name] for unit, parts in zip(units, names, strict=True) for name in parts]
    height = [unit[0].height[name] for unit, parts in zip(units, names, strict=True) for name in parts]
    sizes = [len(geometry.polygons.xyz) for _, _, geometry in units]
    xyz = lonlat_to_xyz_each(
        np.concatenate(lonlat), np.concatenate(height), anchors, np.repeat(np.arange(len(units)), sizes)
    )
    at = np.cumsum([0, *sizes])
    local = [unit[2].polygons.with_xyz(xyz[at[i] : at[i + 1]]) for i, unit in enumerate(units)]
    made = make_meshes([unit[2] for unit in units], local, [unit[0].thing.is_sheet for unit in units])
    for (member, lod, geometry), mesh in zip(units, made, strict=True):
        _keep_mesh(member, lod, mesh, geometry.polygons.count)


def _levels(thing: CityObject) -> Iterator[tuple[str, Geometry, list[str]]]:
    """Each level of detail: its name, its surfaces with those of installations, and the names of their coordinates.

    Installations at a level that the object itself does not have go with its finest.
    """
    finest = max(thing.solids, default=None)
    for lod in sorted({*thing.solids, *(thing.fittings if finest is None else ())}):
        own = [(lod, thing.solids[lod])] if lod in thing.solids else []
        fitted = [
            ("fitting " + level, geometry)
            for level, geometry in thing.fittings.items()
            if level == lod or (lod == finest and level not in thing.solids)
        ]
        both = own + fitted
        yield lod, unite([geometry for _, geometry in both]), [name for name, _ in both]


def _keep_mesh(member: _Placed, lod: str, mesh: Meshed, faces: int) -> None:
    """Take a mesh and say what was done to it; a surface that cannot be cut rejects the object."""
    thing = member.thing

    def say(code: str, severity: Severity, message: str) -> None:
        member.issues.append(Issue(code, thing.path, f"LoD{lod}: {message}", severity))

    if mesh.failed:
        thing.fault = Issue(
            "geometry.self-intersection", thing.path, f"LoD{lod}: {mesh.failed} of {faces} surfaces cannot be cut"
        )
    if mesh.dropped:
        say("geometry.empty", Severity.REPAIRED, f"{mesh.dropped} of {faces} surfaces have no area and were left out")
    if mesh.repaired > mesh.faults.astray:
        say(
            "geometry.self-intersection",
            Severity.REPAIRED,
            f"{mesh.repaired - mesh.faults.astray} of {faces} surfaces cross themselves and were cut at the crossings "
            f"({rule(104)})",
        )
    if mesh.stray_m > _NOT_FLAT_M and not thing.is_sheet:
        say("geometry.not-planar", Severity.NOTE, f"a surface strays {mesh.stray_m:.2f} m from its plane ({rule(203)})")
    for code, severity, message in fault_messages(mesh.faults, faces):
        say(code, severity, message)
    if len(mesh.triangles):
        member.meshes[lod] = mesh


def _make_entity(member: _Placed, options: Options, source: str) -> None:
    """Put the entity together; an object without any place is rejected, one whose parts have it is not."""
    thing = member.thing
    if thing.fault:
        return
    try:
        plumb = Plumb(np.array(member.anchor[:2]))
        ground = footprint(thing, member.lonlat, plumb, meshed=bool(member.meshes))
    except shapely.errors.GEOSException as error:
        reason = f"its outline cannot be made ({str(error)[:80]})"
        thing.fault = Issue("geometry.self-intersection", thing.path, reason)
        return
    attributes, issues = tidy(thing)
    storeys = storeys_of(thing, "storeysAboveGround", issues)
    base, height = _heights(member)
    if height is None or (thing.kind in ("building", "building_part") and height < _NO_HEIGHT_M):
        height = attributes.get("measuredHeight")
        if base is not None and thing.outline_is_roof and not thing.solids:
            base = None if height is None else base - height  # the roof's edge is its top
    if height is None and thing.kind == "building" and (storeys or options.default_height_m):
        height = storeys * STOREY_M if storeys else options.default_height_m
        issues.append(Issue("height.assumed", thing.path, f"no height is given; {height:g} m assumed", Severity.NOTE))
    member.issues += issues
    member.entity = Entity(
        id=thing.id,
        kind=thing.kind,
        parent=thing.parent,
        footprint=ground,
        base_m=base,
        height_m=height,
        storeys=storeys,
        storeys_below=storeys_of(thing, "storeysBelowGround", member.issues),
        meshes={lod: _mesh(member.anchor, mesh) for lod, mesh in member.meshes.items()},
        attributes=attributes,
        source=source,
    )


def _heights(member: _Placed) -> tuple[float | None, float | None]:
    """Base and height by the finest level of detail without its installations, else by whatever there is."""
    thing = member.thing
    finest = max(thing.solids, default=None) or ("fitting " + max(thing.fittings) if thing.fittings else None)
    rows = [member.height[finest]] if finest else list(member.height.values())
    height = np.concatenate([*rows, np.zeros(0)])
    if not len(height) or not np.isfinite(height).all():
        return None, None
    base, top = float(height.min()), float(height.max())
    return base, None if finest is None and thing.outline.count else top - base


def _mesh(anchor: tuple[float, float, float], mesh: Meshed) -> Mesh:
    spot = (float(anchor[0]), float(anchor[1]), float(anchor[2]))
    return Mesh(spot, mesh.xyz, mesh.triangles, mesh.semantics, mesh.skin)


def _children(family: list[_Placed]) -> dict[str, list[_Placed]]:
    """What hangs on each object of a family."""
    below: dict[str, list[_Placed]] = {}
    for member in family:
        below.setdefault(member.thing.parent or "", []).append(member)
    return below


def _number_storeys(family: list[_Placed], below: dict[str, list[_Placed]]) -> None:
    """Give the storeys of each building their levels."""
    for owner in family:
        own = [m for m in below.get(owner.thing.id, ()) if m.entity and m.thing.kind == "storey"]
        basements = owner.entity.storeys_below if owner.entity else None
        levels = level_by_height([m.entity for m in own if m.entity], basements or 0) if own else []
        for member, (entity, note) in zip(own, levels, strict=True):
            member.entity = entity
            if note:
                member.issues.append(replace(note, path=member.thing.path))


def _whole_from_parts(family: list[_Placed], below: dict[str, list[_Placed]]) -> None:
    """Give what has no shape of its own that of its parts; a part that is rejected takes the whole with it."""
    by_id = {member.thing.id: member for member in family}
    for member in reversed(family):
        parts = [part for part in below.get(member.thing.id, ()) if part.thing.type in PARTS]
        broken = next((part.thing for part in parts if part.thing.fault), None)
        if broken is not None and member.thing.fault is None:
            member.thing.fault = Issue(
                _code(broken), member.thing.path, f"its part {broken.id} cannot be taken, so it would not be whole"
            )
        _take_from(member, [part.entity for part in parts if part.entity])
        if member.entity is not None and member.entity.footprint is None and not member.meshes:
            member.thing.fault = Issue("geometry.empty", member.thing.path, f"this {member.thing.type} has no geometry")
    for member in family:
        above = by_id.get(member.thing.parent or "")
        if above is not None and above.thing.fault and member.thing.fault is None:
            what = f"{above.thing.id}, which it is a part of, cannot be taken"
            member.thing.fault = Issue(_code(above.thing), member.thing.path, what)


def _code(thing: CityObject) -> str:
    return thing.fault.code if thing.fault else "geometry.empty"


def _take_from(member: _Placed, parts: list[Entity]) -> None:
    """Footprint and heights of the whole from its parts where it has none of its own.

    The attribute `parts` says in how many parts its mesh is: whoever draws them must not draw the whole as well.
    """
    whole = member.entity
    if whole is None or not parts:
        return
    ground, base, height = whole.footprint, whole.base_m, whole.height_m
    prints = [part.footprint for part in parts if part.footprint]
    if ground is None and prints:
        first = shapely.from_wkb(prints[0]).centroid
        ground = union(prints, Plumb(np.array([first.x, first.y])))
    bases = [part.base_m for part in parts if part.base_m is not None]
    tops = [part.base_m + part.height_m for part in parts if part.base_m is not None and part.height_m is not None]
    if not member.thing.solids and bases:
        base = min(bases)
        height = max(tops) - base if tops else height
    attributes = dict(whole.attributes)
    if not member.meshes:
        attributes["parts"] = len(parts)
    member.entity = replace(whole, footprint=ground, base_m=base, height_m=height, attributes=attributes)


def _outcome(family: list[_Placed]) -> Iterator[Entity | Issue]:
    """What is handed on of a family: entities from the top down, each with its notes; or why it is rejected."""
    for member in family:
        if member.thing.fault is not None or member.entity is None:
            yield member.thing.fault or Issue("geometry.empty", member.thing.path, "it has no geometry")
            continue
        yield from member.thing.notes
        yield from member.issues
        yield member.entity
