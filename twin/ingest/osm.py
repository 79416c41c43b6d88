"""OpenStreetMap (PBF, XML) by osmium: buildings and their parts, roads, premises, addresses, cameras, green, water."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import osmium
import shapely

from twin.entity import Entity
from twin.errors import UnreadableSource
from twin.ingest import osmtags
from twin.ingest.columns import Columns, number
from twin.ingest.datum import LONLAT
from twin.ingest.features import BATCH, to_wgs84
from twin.ingest.heights import read_heights
from twin.ingest.osmtags import Tags
from twin.ingest.pieces import objects, sentence
from twin.ingest.roofs import read_roof
from twin.ingest.shapes import clean_polygons
from twin.ingest.source import Options, Source
from twin.issues import Issue, Severity
from twin.kinds import BY_ID
from twin.types import Objects

_SHAPE_TAGS = (
    "height", "building:height", "est_height", "building:levels", "building:levels:underground", "min_height",
    "building:min_level", "roof:shape", "roof:height", "roof:levels", "roof:direction", "roof:orientation",
)  # fmt: skip
_COLUMNS = Columns(_SHAPE_TAGS, {}, "OpenStreetMap")
_XML_ROOT = re.compile(rb"<osm[\s>]")


def is_osm(path: Path, head: bytes) -> bool:
    """Whether it is an OpenStreetMap file: PBF or XML."""
    return b"OSMHeader" in head[:64] or (path.name.lower().endswith(".osm") and bool(_XML_ROOT.search(head[:1000])))


@dataclass(slots=True)
class _Found:
    """An object with a geometry that waits for its batch. `kinds` are what it is: (kind, attributes)."""

    name: str
    tags: Tags
    blob: bytes
    kinds: list[tuple[str, dict[str, Any]]]


@dataclass(slots=True)
class _Run:
    source: Source
    options: Options
    wkb: Any = field(default_factory=osmium.geom.WKBFactory)
    waiting: list[_Found] = field(default_factory=list)
    unmade: dict[str, None] = field(default_factory=dict)

    def path(self, name: str) -> str:
        return f"{self.source.name} {name}"


def read_osm(source: Source, options: Options) -> Iterator[Entity | Issue]:
    """Everything of an extract that has a kind here, streamed; outlines that the extract cuts are named."""
    run = _Run(source, replace(options, crs=None))  # always longitude and latitude, whatever lies beside it
    with source.on_disk() as path:
        try:
            for thing in osmium.FileProcessor(str(path)).with_areas():
                tags = dict(thing.tags)
                if tags:
                    yield from _take(run, thing, tags)
                if len(run.waiting) >= BATCH:
                    yield from _made(run)
        except (RuntimeError, OSError, ValueError, osmium.InvalidLocationError) as error:
            reason = f"it is truncated or broken ({error})"[:200]
            raise UnreadableSource(source.name, reason, "Fetch the extract again") from error
    yield from _made(run)
    for name in run.unmade:
        why = "The outline does not close, or not all of it is in the extract"
        yield Issue("geometry.broken-reference", run.path(name), why)


def _take(run: _Run, thing: Any, tags: Tags) -> Iterator[Issue]:
    """Put an object aside with its geometry, if it is of any kind; a building is expected back as an area."""
    if thing.is_area():
        name = f"{'w' if thing.from_way() else 'r'}{thing.orig_id()}"
        run.unmade.pop(name, None)
        kinds, make = _area_kinds(tags), run.wkb.create_multipolygon
    elif thing.is_node():
        name, kinds, make = f"n{thing.id}", _point_kinds(tags), run.wkb.create_point
    elif thing.is_way():
        name, kinds, make = f"w{thing.id}", _line_kinds(tags), run.wkb.create_linestring
        if _is_building(tags):
            run.unmade[name] = None
    else:
        if _is_building(tags) and tags.get("type") == "multipolygon":
            run.unmade[f"r{thing.id}"] = None
        return
    if not kinds:
        return
    try:
        blob = bytes.fromhex(make(thing))
    except (RuntimeError, osmium.InvalidLocationError) as error:
        cut = _cut_line(thing) if thing.is_way() else None
        if cut is None:
            why = "Too few of its nodes are in the extract" if thing.is_way() else sentence(str(error))[:200]
            yield Issue("geometry.broken-reference", run.path(name), why)
            return
        why = "Some of its nodes are not in the extract; the longest stretch that is there was kept"
        yield Issue("geometry.broken-reference", run.path(name), why, Severity.REPAIRED)
        blob = cut
    run.waiting.append(_Found(name, tags, blob, kinds))


def _cut_line(way: Any) -> bytes | None:
    """The longest stretch of a way whose nodes are all there, as WKB, or None."""
    stretches: list[list[tuple[float, float]]] = [[]]
    for node in way.nodes:
        if node.location.valid():
            stretches[-1].append((node.location.lon, node.location.lat))
        elif stretches[-1]:
            stretches.append([])
    longest = max(stretches, key=len)
    return shapely.to_wkb(shapely.LineString(longest)) if len(set(longest)) > 1 else None


def _is_building(tags: Tags) -> bool:
    return any(tags.get(key, "no") not in ("no", "demolished", "razed") for key in ("building", "building:part"))


def _point_kinds(tags: Tags) -> list[tuple[str, dict[str, Any]]]:
    name = tags.get("name")
    if osmtags.is_camera(tags):
        return [("camera", {"name": name} | osmtags.camera_attributes(tags))]
    mode = osmtags.hub_mode(tags)
    if mode is not None:
        return [("hub", {"name": name, "mode": mode})]
    premises = _premises(tags)
    if premises:
        return premises
    if tags.get("amenity") in osmtags.STREET_FURNITURE or tags.get("highway") == "street_lamp":
        return [("furniture", {"name": name, "category": tags.get("amenity") or "street_lamp"})]
    if tags.get("natural") == "tree":
        return [("plant", {"name": name, "category": "tree"})]
    if "addr:housenumber" in tags:
        return [("place", {"name": osmtags.address_of(tags), "category": "address"})]
    return []


def _premises(tags: Tags) -> list[tuple[str, dict[str, Any]]]:
    category = osmtags.premises_category(tags)
    if category is None:
        return []
    level, address = osmtags.level_of(tags), osmtags.address_of(tags)
    return [("premises", {"name": tags.get("name"), "category": category, "level": level, "address": address})]


def _line_kinds(tags: Tags) -> list[tuple[str, dict[str, Any]]]:
    if "highway" not in tags:
        return []
    width = number(tags.get("width"))
    usable = width if width is not None and 0 < width < 200 else None
    return [("road", {"name": tags.get("name"), "road_class": tags["highway"], "width_m": usable})]


def _area_kinds(tags: Tags) -> list[tuple[str, dict[str, Any]]]:
    """What an area is; a building that is a shop is a building and premises in it."""
    premises = _premises(tags)
    if _is_building(tags):
        part = "building" not in tags
        use = tags.get("building:use") or (tags.get("building") if tags.get("building") != "yes" else None)
        use = use or (premises[0][1]["category"] if premises else None)
        known = {
            "name": tags.get("name"),
            "address": None if part else osmtags.address_of(tags),
            "use": use,
            "year": _year(tags),
        }
        return [("building_part" if part else "building", known), *premises]
    if premises:
        return premises
    area = osmtags.area_kind(tags)
    return [(area[0], {"name": tags.get("name"), "category": area[1]})] if area else []


def _year(tags: Tags) -> int | None:
    found = re.search(r"\d{4}", tags.get("start_date", ""))
    return int(found[0]) if found else None


def _made(run: _Run) -> Iterator[Entity | Issue]:
    """Entities of everything that waits: geometry converted, checked and packed for all of it at once."""
    waiting, run.waiting = run.waiting, []
    if not waiting:
        return
    shapes = shapely.from_wkb([found.blob for found in waiting])
    shapes, _ = to_wgs84(objects(list(shapes)), run.options, LONLAT, thing=run.source.name)
    areas = [i for i, found in enumerate(waiting) if BY_ID[found.kinds[0][0]].form in ("volume", "polygon")]
    lost = dict.fromkeys(_missing(shapes), ("geometry.outside-earth", "its coordinates are not on Earth", True))
    clean, faults = clean_polygons(shapes[areas])
    shapes[areas] = _single(clean)
    lost |= {areas[i]: fault for i, fault in faults.items()}
    for i, (code, why, dropped) in lost.items():
        severity = Severity.REJECTED if dropped else Severity.REPAIRED
        yield Issue(code, run.path(waiting[i].name), sentence(why), severity)
    blobs = shapely.to_wkb(shapes)
    for found, blob in zip(waiting, blobs, strict=True):
        if blob is not None:
            yield from _entities(run, found, blob)


def _missing(shapes: Objects) -> list[int]:
    return [int(i) for i in np.flatnonzero(shapely.is_missing(shapes))]


def _single(shapes: Objects) -> Objects:
    """Multipolygons of one part as polygons: osmium makes a multipolygon of every area."""
    alone = shapely.get_num_geometries(shapes) == 1
    return np.where(alone, shapely.get_geometry(shapes, 0), shapes)


def _entities(run: _Run, found: _Found, blob: bytes) -> Iterator[Entity | Issue]:
    first = f"osm:{found.name}"
    for i, (kind, attributes) in enumerate(found.kinds):
        attributes = {name: value for name, value in attributes.items() if value is not None}
        more: dict[str, Any] = {}
        if kind in ("building", "building_part"):
            heights, issues = read_heights(found.tags, _COLUMNS, run.options, run.path(found.name))
            yield from issues
            more = {
                "height_m": heights.height_m,
                "storeys": heights.storeys,
                "storeys_below": heights.storeys_below,
            }
            if heights.above_m is not None:
                attributes["min_height_m"] = heights.above_m
            roof, unclear = read_roof(found.tags, _COLUMNS, run.path(found.name))
            attributes |= roof
            yield from unclear
        footprint = blob if i == 0 else shapely.to_wkb(shapely.point_on_surface(shapely.from_wkb(blob)))
        yield Entity(
            id=first if i == 0 else f"{first}:{kind}",
            kind=kind,
            parent=first if i else None,
            footprint=footprint,
            attributes=attributes,
            source=run.options.source_name or run.source.name,
            **more,
        )
