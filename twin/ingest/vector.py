"""GeoJSON, NDJSON, GeoPackage, Shapefile, FlatGeobuf: what a layer is about, and which reader of ours takes it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import PurePosixPath

import numpy as np
import shapely

from twin.entity import Entity
from twin.errors import EmptySource, InvalidValue
from twin.ingest import ogr
from twin.ingest.datum import effective_crs, is_in_use_at, off_area
from twin.ingest.features import Batch
from twin.ingest.footprints import read_footprints
from twin.ingest.geojson import read_collection, read_lines
from twin.ingest.guess import kind_of
from twin.ingest.source import Options, Source
from twin.ingest.survey import Layer, Survey, sample_lonlat, survey
from twin.ingest.things import read_things
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


def read_ogr(source: Source, options: Options) -> Iterator[Entity | Issue]:
    """A GeoPackage, Shapefile or FlatGeobuf: every layer that holds geometry."""
    with ogr.on_disk(source) as path:
        names = ogr.layers(path, source.name)
        for name in names:
            title, stem = source.name, stem_of(source, options)
            if len(names) > 1:
                title, stem = f"{title}#{name}", f"{stem}.{name}"
            layer = Layer(source, title, stem, lambda name=name: ogr.read(path, name, source))  # type: ignore[misc]
            try:
                yield from read_layer(layer, options)
            except (EmptySource, InvalidValue) as error:
                if len(names) == 1 or options.mapping or options.kind:
                    raise
                why = f"The layer was left out: {error.reason}. {error.way_out}"
                yield Issue("object.unsupported", title, why)


def read_layer(layer: Layer, options: Options) -> Iterator[Entity | Issue]:
    """Entities of whatever a layer holds."""
    found = survey(layer, options)
    _check_area(layer, options, found)
    kind = kind_of(layer, options, found)
    if kind in ("building", "building_part"):
        yield from read_footprints(layer, options, found)
    else:
        yield from read_things(layer, options, found, kind)


def _check_area(layer: Layer, options: Options, found: Survey) -> None:
    """Raises WrongCrs where the layer does not lie where its reference system is used."""
    _, centre = sample_lonlat(found, options, layer.name)
    crs = effective_crs(options, found.crs, layer.name)
    if centre is None or is_in_use_at(crs, *centre):
        return
    points = shapely.get_coordinates(Batch(rows=found.sample, raw=found.shapes).geometry()[0])
    x, y = np.median(points, axis=0)
    raise off_area(crs, f"coordinates such as {x:.6g}, {y:.6g}", layer.name)
