"""The formats an import takes, most particular first: the first whose `sniff` says yes reads the file."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from twin.entity import Entity
from twin.ingest import citygml, cityjson, cityjsonseq
from twin.ingest.areas import is_code_table, read_code_table
from twin.ingest.floors import is_floors_json, read_floors
from twin.ingest.osm import is_osm, read_osm
from twin.ingest.sensors import is_point_table, read_point_table
from twin.ingest.source import Options, Source
from twin.ingest.stayarrow import is_arrow
from twin.ingest.stays import is_parquet, is_stay_lines, is_stay_table, no_entities
from twin.ingest.transit import is_bus_table, is_metro_json, read_bus_lines, read_metro
from twin.ingest.vector import read_geojson, read_geojson_lines, read_ogr
from twin.issues import Issue

Reader = Callable[[Source, Options], Iterator[Entity | Issue]]
"""Streams what a source holds; issues come between the entities, in the source's order."""


@dataclass(frozen=True)
class Format:
    """One format.

    suffixes  usual endings, for messages and help
    sniff     (name, first unpacked bytes) -> whether this format's reader should take the file
    read      its reader
    order     0: names that others build on; 1: shapes; 2: points, checked against the shapes; 3: stays at places
    """

    id: str
    title: str
    suffixes: tuple[str, ...]
    sniff: Callable[[Path, bytes], bool]
    read: Reader
    order: int = 1


_FEATURE_LINE = re.compile(rb'"type"\s*:\s*"Feature"')
_WHOLE = re.compile(rb'"type"\s*:\s*"FeatureCollection"')
_COLLECTION = re.compile(rb'"type"\s*:\s*"Feature(Collection)?"|"features"\s*:\s*\[')


def _text(head: bytes) -> bytes:
    return head.removeprefix(b"\xef\xbb\xbf").lstrip(b"\x1e \t\r\n")


def is_geojson_lines(path: Path, head: bytes) -> bool:
    """Whether each line is a GeoJSON feature: the first one is whole, or the name says so."""
    text = _text(head)
    if not text.startswith(b"{"):
        return False
    first, newline, rest = text.partition(b"\n")
    if newline and first.rstrip().endswith(b"}"):
        one_feature = _FEATURE_LINE.search(first) and not _WHOLE.search(first)
        return bool(one_feature) and rest.lstrip(b"\x1e \t\r\n")[:1] in (b"{", b"")
    named = path.name.lower().removesuffix(".gz").endswith((".ndjson", ".geojsonl", ".geojsons", ".jsonl"))
    return named and bool(_FEATURE_LINE.search(text)) and not _WHOLE.search(text)


def is_geojson(_path: Path, head: bytes) -> bool:
    """Whether it is one GeoJSON object: the members before the features may come in any order."""
    text = _text(head)
    return text.startswith(b"{") and bool(_COLLECTION.search(text))


def is_geopackage(path: Path, head: bytes) -> bool:
    """Whether it is an SQLite file that says it is a GeoPackage."""
    return head.startswith(b"SQLite format 3\0") and (head[68:72] == b"GPKG" or path.suffix.lower() == ".gpkg")


def is_shapefile(path: Path, head: bytes) -> bool:
    """Whether it is the main file of a shapefile."""
    return head.startswith(b"\x00\x00\x27\x0a") and path.suffix.lower() == ".shp"


def is_flatgeobuf(_path: Path, head: bytes) -> bool:
    """Whether it begins like a FlatGeobuf."""
    return head.startswith(b"fgb\x03")


FORMATS: tuple[Format, ...] = (
    Format("citygml", "CityGML 1.0, 2.0", (".gml", ".citygml", ".xml"), citygml.sniff, citygml.read),
    Format("cityjsonseq", "CityJSON sequence", (".city.jsonl", ".jsonl"), cityjsonseq.sniff, cityjsonseq.read),
    Format("cityjson", "CityJSON 0.5 to 2.0", (".city.json", ".json"), cityjson.sniff, cityjson.read),
    Format("floors", "Stacked floors as GeoJSON", (".json",), is_floors_json, read_floors),
    Format("metro", "Metro network of AMap", (".json",), is_metro_json, read_metro, order=2),
    Format("geojsonseq", "GeoJSON, a feature per line", (".ndjson", ".geojsonl"), is_geojson_lines, read_geojson_lines),
    Format("geojson", "GeoJSON", (".geojson", ".json"), is_geojson, read_geojson),
    Format("geopackage", "GeoPackage", (".gpkg",), is_geopackage, read_ogr),
    Format("shapefile", "Shapefile", (".shp", ".zip"), is_shapefile, read_ogr),
    Format("flatgeobuf", "FlatGeobuf", (".fgb",), is_flatgeobuf, read_ogr),
    Format("osm", "OpenStreetMap", (".osm.pbf", ".osm"), is_osm, read_osm),
    Format("bus-lines", "Bus lines with lists of stops", (".csv",), is_bus_table, read_bus_lines, order=2),
    Format("stays-csv", "Table of stays", (".csv", ".tsv"), is_stay_table, no_entities, order=3),
    Format("stays-ndjson", "Stays, one per line", (".ndjson", ".jsonl"), is_stay_lines, no_entities, order=3),
    Format("stays-parquet", "Stays in Parquet", (".parquet",), is_parquet, no_entities, order=3),
    Format("stays-arrow", "Stays in Arrow", (".arrow", ".feather", ".arrows"), is_arrow, no_entities, order=3),
    Format("area-codes", "Table of area codes", (".csv",), is_code_table, read_code_table, order=0),
    Format("points", "Table of points", (".csv", ".tsv", ".txt"), is_point_table, read_point_table, order=2),
)
