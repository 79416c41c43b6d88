"""Stations and stops as Chinese map services give them: metro lines as JSON, bus lines as a table of Python lists."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import orjson
import shapely

from twin.entity import Entity
from twin.errors import UnreadableSource
from twin.ingest.columns import text
from twin.ingest.datum import LONLAT, to_lonlat
from twin.ingest.ids import tidy
from twin.ingest.source import Options, Source
from twin.ingest.tables import header_of, read_rows
from twin.ingest.vector import stem_of
from twin.issues import Issue, Severity

_MAX_JSON = 1 << 28


@dataclass(slots=True)
class _Stop:
    name: str
    lon: float
    lat: float
    lines: dict[str, None] = field(default_factory=dict)
    more: dict[str, Any] = field(default_factory=dict)


def is_metro_json(_path: Path, head: bytes) -> bool:
    """Whether it is a metro network as AMap's subway pages serve it."""
    start = b"".join(head[:2000].split())
    return start.startswith(b"{") and b'"l":[{"st":[{' in start


def is_bus_table(_path: Path, head: bytes) -> bool:
    """Whether it is a table of lines with their stops' names and positions as lists in a cell."""
    return {"linename", "stationname", "stationgeo"} <= set(header_of(head))


def read_metro(source: Source, options: Options) -> Iterator[Entity | Issue]:
    """A hub per station; a station that every line repeats is one. AMap's coordinates are GCJ-02."""
    with source.open() as stream:
        try:
            network = orjson.loads(stream.read(_MAX_JSON))
        except orjson.JSONDecodeError as error:
            reason = f"it is truncated or broken ({error})"[:200]
            raise UnreadableSource(source.name, reason, "Fetch the file again") from error
    if not options.datum and not options.crs:
        options = replace(options, datum="gcj02")
        why = "AMap's coordinates are GCJ-02 and were converted; if they have been converted, say --datum wgs84"
        yield Issue("position.datum", source.name, why, Severity.NOTE)
    stops: dict[str, _Stop] = {}
    for line, station, path in _metro_stations(network, source.name):
        if isinstance(station, Issue):
            yield station
            continue
        name, where = text(station.get("n")), _lonlat(station.get("sl"))
        if name is None or where is None:
            yield Issue("position.missing", path, "The station has no name or no usable position")
            continue
        if name in stops:
            why = f"{name} is on several lines; it is kept once, with all of them"
            yield Issue("id.duplicate", f"{path} {name}", why, Severity.NOTE)
        more = {"name_en": station["en"]} if isinstance(station.get("en"), str) and station["en"] else {}
        stop = stops.setdefault(name, _Stop(name, *where, more=more))
        stop.lines[line] = None
    yield from _hubs(stops, "metro", source, options)


def _metro_stations(network: Any, name: str) -> Iterator[tuple[str, Any, str]]:
    lines = network.get("l") if isinstance(network, dict) else None
    for i, line in enumerate(lines if isinstance(lines, list) else ()):
        stations = line.get("st") if isinstance(line, dict) else None
        if not isinstance(stations, list):
            yield "", Issue("object.unsupported", f"{name}#{i + 1}", "This is not a line with stations"), ""
            continue
        for k, station in enumerate(stations):
            path = f"{name}#{i + 1}.{k + 1}"
            fits = isinstance(station, dict)
            yield (
                str(line.get("kn") or line.get("ln") or i + 1),
                station if fits else Issue("object.unsupported", path, "This is not a station"),
                path,
            )


def read_bus_lines(source: Source, options: Options) -> Iterator[Entity | Issue]:
    """A hub per stop position, with the lines that serve it."""
    stops: dict[str, _Stop] = {}
    for number, row in read_rows(source):
        path = f"{source.name}:{number}"
        if isinstance(row, Issue):
            yield row
            continue
        names, places = _cell_list(row.get("stationname")), _cell_list(row.get("stationgeo"))
        if names is None or places is None or len(names) != len(places):
            why = "The lists of stop names and positions cannot be read, or differ in length"
            yield Issue("attribute.unreadable", path, why)
            continue
        line = str(row.get("linename") or number)
        for name, place in zip(names, places, strict=True):
            where = _lonlat(place)
            if where is None:
                yield Issue("position.missing", f"{path} {str(name)[:40]}", f"{str(place)[:40]!r} is no position")
                continue
            stops.setdefault(str(place), _Stop(str(name), *where)).lines[line] = None
    yield from _hubs(stops, "bus", source, options)


def _cell_list(cell: Any) -> list[Any] | None:
    try:
        value = ast.literal_eval(str(cell))
    except (ValueError, SyntaxError, MemoryError, RecursionError, TypeError):
        return None
    return value if isinstance(value, list) else None


def _lonlat(value: Any) -> tuple[float, float] | None:
    try:
        lon, lat = (float(part) for part in str(value).split(","))
    except ValueError:
        return None
    return (lon, lat) if np.isfinite((lon, lat)).all() else None


def _hubs(stops: dict[str, _Stop], mode: str, source: Source, options: Options) -> Iterator[Entity | Issue]:
    if not stops:
        return
    xy = np.array([(stop.lon, stop.lat) for stop in stops.values()])
    lonlat, _ = to_lonlat(xy[:, 0], xy[:, 1], None, options, LONLAT, thing=source.name)
    stem = stem_of(source, options)
    for (key, stop), (lon, lat) in zip(stops.items(), lonlat.tolist(), strict=True):
        if not (np.isfinite(lon) and np.isfinite(lat)):
            yield Issue("geometry.outside-earth", f"{source.name} {stop.name}", f"{key} is not on Earth")
            continue
        yield Entity(
            id=tidy(f"{stem}:{key}"),
            kind="hub",
            footprint=shapely.to_wkb(shapely.Point(lon, lat)),
            attributes={"name": stop.name, "mode": mode, "lines": list(stop.lines), **stop.more},
            source=options.source_name or source.name,
        )
