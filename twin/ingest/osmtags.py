"""What OpenStreetMap's tags mean here: which kinds an object is of, and with which attributes."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from twin.ingest.columns import number

Tags = Mapping[str, str]

GREEN = {
    "leisure": frozenset({"park", "garden", "pitch", "playground", "nature_reserve", "dog_park", "golf_course",
                          "common"}),
    "landuse": frozenset({"grass", "forest", "meadow", "village_green", "recreation_ground", "cemetery", "orchard",
                          "allotments", "flowerbed", "greenfield"}),
    "natural": frozenset({"wood", "scrub", "grassland", "heath", "tree_row"}),
}  # fmt: skip
"""Tag -> values that make an area green."""

WATER = {
    "natural": frozenset({"water", "bay", "wetland"}),
    "waterway": frozenset({"riverbank", "dock", "boatyard"}),
    "landuse": frozenset({"reservoir", "basin"}),
}
"""Tag -> values that make an area water."""

STREET_FURNITURE = frozenset({
    "bench", "waste_basket", "waste_disposal", "bicycle_parking", "motorcycle_parking", "post_box", "vending_machine",
    "recycling", "drinking_water", "telephone", "clock", "fountain", "parking_entrance", "bicycle_repair_station",
    "grit_bin", "letter_box", "parcel_locker", "photo_booth", "water_point", "watering_place", "hunting_stand",
})  # fmt: skip
"""Values of `amenity` that are things in the street and not premises with a door."""

_HUBS = {
    ("railway", "station"): "rail", ("railway", "halt"): "rail", ("railway", "tram_stop"): "tram",
    ("railway", "subway_entrance"): "metro", ("highway", "bus_stop"): "bus", ("amenity", "bus_station"): "bus",
    ("amenity", "ferry_terminal"): "ferry", ("aeroway", "aerodrome"): "air",
}  # fmt: skip

_COMPASS = ("N", "NNE", "NE", "ENE", "E", "ESE", "SE", "SSE", "S", "SSW", "SW", "WSW", "W", "WNW", "NW", "NNW")


def hub_mode(tags: Tags) -> str | None:
    """The mode of travel where these tags are a station or a stop."""
    mode = next((mode for (key, value), mode in _HUBS.items() if tags.get(key) == value), None)
    return "metro" if mode == "rail" and tags.get("station") == "subway" else mode


def is_camera(tags: Tags) -> bool:
    """Whether these tags are a surveillance camera; guards are surveillance too, but no device."""
    return tags.get("man_made") == "surveillance" and tags.get("surveillance:type", "camera") != "guard"


def area_kind(tags: Tags) -> tuple[str, str] | None:
    """(kind, category) of an area that is no building: green, water, a bridge, or other land use."""
    for kind, meanings in (("water", WATER), ("green", GREEN)):
        for key, values in meanings.items():
            if tags.get(key) in values:
                return kind, tags[key]
    if tags.get("man_made") == "bridge":
        return "bridge", "bridge"
    return ("landuse", tags["landuse"]) if "landuse" in tags else None


def premises_category(tags: Tags) -> str | None:
    """What sort of premises these tags are, or None: shops, amenities with a door, offices, sights, crafts."""
    for key in ("shop", "amenity", "office", "craft", "healthcare", "tourism"):
        value = tags.get(key)
        if value and value not in ("no", "vacant", "yes" if key == "tourism" else "") and value not in STREET_FURNITURE:
            return value if value != "yes" else key
    return None


def level_of(tags: Tags) -> int | None:
    """The floor by the tag `level`, where 0 is the ground: here the ground storey is 1 and there is no 0."""
    found = number(tags.get("level", "").split(";", maxsplit=1)[0].split("-0", maxsplit=1)[0])
    if found is None or found != int(found) or not -127 <= found <= 126:
        return None
    return int(found) + 1 if found >= 0 else int(found)


def address_of(tags: Tags) -> str | None:
    """Street and house number, or whatever there is of them."""
    if tags.get("addr:full"):
        return tags["addr:full"]
    parts = [tags.get("addr:street") or tags.get("addr:place"), tags.get("addr:housenumber")]
    return " ".join(part for part in parts if part) or None


def direction_of(value: str | None) -> float | None:
    """Degrees clockwise from north of `225`, `SW` or `180-270` (its middle)."""
    if not value:
        return None
    written = value.strip().upper()
    if written in _COMPASS:
        return _COMPASS.index(written) * 22.5
    span = re.fullmatch(r"(\d{1,3}(?:\.\d+)?)-(\d{1,3}(?:\.\d+)?)", written)
    if span:
        start, end = float(span[1]), float(span[2])
        return (start + ((end - start) % 360) / 2) % 360
    degrees = number(written)
    return degrees % 360 if degrees is not None else None


def camera_attributes(tags: Tags) -> dict[str, Any]:
    """What the tags say of a camera's view."""
    known: dict[str, Any] = {"heading_deg": direction_of(tags.get("camera:direction") or tags.get("direction"))}
    tilt = number(tags.get("camera:angle"))
    known["tilt_deg"] = tilt if tilt is not None and -90 <= tilt <= 90 else None
    known["mount"] = tags.get("camera:mount")
    known["height_above_ground_m"] = number(tags.get("height") or tags.get("est_height"))
    return {name: value for name, value in known.items() if value is not None}
