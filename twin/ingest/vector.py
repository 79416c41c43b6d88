"""GeoJSON, NDJSON, GeoPackage, Shapefile, FlatGeobuf: what a layer is about, and which reader of ours takes it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import PurePosixPath

from twin.entity import Entity
from twin.ingest.footprints import read_footprints
from twin.ingest.geojson import read_collection, read_lines
from twin.ingest.source import Options, Source
from twin.ingest.survey import Layer, survey
from twin.issues import Issue


def stem_of(source: Source, options: Options) -> str:
    """What stands before a source's plain numbers to make them unique in the twin: the file's name without endings."""
    name = PurePosixPath(source.member or source.path.name).name
    return options.source_name or name.split(".", maxsplit=1)[0]


def read_geojson_lines(source: Source, options: Options) -> Iterator[Entity | Issue]:
    """Newline-delimited GeoJSON features."""
    layer = Layer(source, source.name, stem_of(source, options), lambda: read_lines(source))
    yield from read_layer(layer, options)


def read_geojson(source: Source, options: Options) -> Iterator[Entity | Issue]:
    """A GeoJSON FeatureCollection."""
    layer = Layer(source, source.name, stem_of(source, options), lambda: read_collection(source))
    yield from read_layer(layer, options)


def read_layer(layer: Layer, options: Options) -> Iterator[Entity | Issue]:
    """Entities of whatever a layer holds."""
    found = survey(layer, options)
    yield from read_footprints(layer, options, found)
