"""One entity changed by hand: what is wished is checked field by field, and stored as a new version, or not at all."""

from __future__ import annotations

import re
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import orjson
import shapely

from twin.entity import Entity
from twin.errors import InvalidValue
from twin.kinds import BY_ID
from twin.store import SourceInfo, Store

NUMBERS = ("height_m", "base_m", "storeys", "storeys_below", "cim_level", "valid_from", "valid_to")
TEXTS = ("parent", "grid_code")
FIELDS = (*NUMBERS, *TEXTS, "footprint", "meshes", "attributes")
"""What of an entity can be changed by hand. Its id and its kind stay as they are."""

_AREAS = ("Polygon", "MultiPolygon")
_FIELD_OF_FAULT = {"height": "height_m", "geometry": "footprint"}


@dataclass(frozen=True, slots=True)
class Edited:
    """What an edit did. `change`: the number of the twin's last change; `changed`: the content is another one."""

    entity: Entity
    changed: bool
    change: int


def edit(store: Store, id_: str, wish: Mapping[str, Any], *, by: str) -> Edited:
    """Change some fields of what stands now and is known now; `by` names who did it, and stands in the journal.

    height_m, base_m, storeys, …   a number, or None: not known
    valid_from, valid_to           UTC seconds, or None: open
    footprint                      a GeoJSON geometry, or WKT, in degrees WGS84; None: it has none
    meshes                         None: its own triangles go, and it is drawn as an extrusion
    attributes                     name -> value; a value None takes the attribute away; all others stay

    Raises `InvalidValue` with the field, `UnknownEntity`.
    """
    before = store.get(id_)
    after = changed(before, wish)
    for issue in store.faults([after]):
        field = _FIELD_OF_FAULT.get(issue.code.split(".")[0], "attributes")
        raise InvalidValue(_named(issue.message) or field, issue.message, "Correct it; nothing was stored")
    source = SourceInfo(f"edit by {by}", "edit", "EPSG:4326", "wgs84", "ellipsoidal", int(time.time()))
    report = store.write([after], source=source)
    return Edited(store.get(id_), report.changed > 0, store.newest_change())


def changed(entity: Entity, wish: Mapping[str, Any]) -> Entity:
    """The entity as it is wished. Raises `InvalidValue` for what is no field, or no value for it."""
    unknown = sorted(set(wish) - set(FIELDS))
    if unknown:
        raise InvalidValue(unknown[0], "it is not a field that can be changed", f"Take one of {', '.join(FIELDS)}")
    values: dict[str, Any] = {name: _number(name, wish[name]) for name in NUMBERS if name in wish}
    values |= {name: _text(name, wish[name]) for name in TEXTS if name in wish}
    if "footprint" in wish:
        values["footprint"] = None if wish["footprint"] is None else _footprint(entity.kind, wish["footprint"])
    if "meshes" in wish:
        if wish["meshes"] is not None:
            raise InvalidValue("meshes", "triangles come from files", "Give null to drop them, or import a model")
        values["meshes"] = {}
    if "attributes" in wish:
        values["attributes"] = _attributes(entity, wish["attributes"])
    return replace(entity, **values)


def _named(message: str) -> str:
    """The field that a fault's own words begin with."""
    head = re.match(r"\w*", message)
    return head[0] if head and head[0] in FIELDS else ""


def _number(name: str, value: Any) -> float | int | None:
    if value is not None and (isinstance(value, bool) or not isinstance(value, (int, float))):
        raise InvalidValue(name, f"{value!r} is not a number", "Give a number, or null where it is not known")
    return value


def _text(name: str, value: Any) -> str | None:
    if value is not None and not isinstance(value, str):
        raise InvalidValue(name, f"{value!r} is not a text", "Give a text, or null")
    return value


def _attributes(entity: Entity, wished: Any) -> dict[str, Any]:
    if not isinstance(wished, Mapping):
        raise InvalidValue("attributes", "they are not names with values", 'Give an object such as {"use": "office"}')
    merged = {**entity.attributes, **wished}
    return {name: value for name, value in merged.items() if value is not None}


def _footprint(kind: str, given: Any) -> bytes:
    """A GeoJSON geometry, as an object or a text, or WKT, to WKB; an area must enclose something."""
    way_out = "Give a GeoJSON geometry or WKT, in degrees of longitude and latitude"
    try:
        if isinstance(given, str) and not given.lstrip().startswith("{"):
            shape = shapely.from_wkt(given)
        else:
            shape = shapely.from_geojson(given if isinstance(given, str) else orjson.dumps(given))
    except (shapely.errors.ShapelyError, orjson.JSONEncodeError, TypeError) as error:
        raise InvalidValue("footprint", "it is neither a GeoJSON geometry nor WKT", way_out) from error
    if BY_ID[kind].form in ("polygon", "volume", "surface"):
        if shape.geom_type not in _AREAS:
            raise InvalidValue("footprint", f"a {shape.geom_type} is no area", way_out)
        if shape.area == 0 and shape.is_valid:
            raise InvalidValue("footprint", "it encloses nothing", way_out)
    return bytes(shapely.to_wkb(shape))
