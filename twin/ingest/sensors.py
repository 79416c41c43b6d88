"""Sensors, cameras and other things with a position per row, from delimited text."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from twin.entity import Entity
from twin.errors import WrongCrs
from twin.ingest.columns import Columns, number
from twin.ingest.source import Options, Source
from twin.ingest.survey import Layer
from twin.ingest.tables import HEAD_BYTES, header_of, position_columns, read_points, read_rows
from twin.ingest.vector import read_layer, stem_of
from twin.issues import Issue

_SAMPLE = 500


def is_point_table(_path: Path, head: bytes) -> bool:
    """Whether it is delimited text whose header names a position."""
    header = header_of(head)
    return bool(header) and position_columns(Columns(header, {}, "table")) is not None


def read_point_table(source: Source, options: Options) -> Iterator[Entity | Issue]:
    """One entity per row; the kind is told from the columns or given by the caller."""
    _check_order(source, options)
    stem, position = stem_of(source, options), _position(source, options)
    layer = Layer(source, source.name, stem, lambda: read_points(source, options), position)
    yield from read_layer(layer, options)


def _position(source: Source, options: Options) -> frozenset[str]:
    found = position_columns(Columns(header_of(source.head(HEAD_BYTES)), options.mapping, source.name))
    return frozenset(found[:2]) if found else frozenset()


def _check_order(source: Source, options: Options) -> None:
    """Latitudes beyond 90 degrees under a column of latitudes: the two columns are swapped."""
    lats: list[float] = []
    lons: list[float] = []
    for _, row in read_rows(source):
        if isinstance(row, Issue):
            continue
        columns = Columns(row, options.mapping, source.name)
        if "lon" not in columns or "lat" not in columns:
            return
        lon, lat = number(columns.get(row, "lon")), number(columns.get(row, "lat"))
        if lon is not None and lat is not None:
            lons.append(lon)
            lats.append(lat)
        if len(lats) >= _SAMPLE:
            break
    if lats and abs(float(np.median(lats))) > 90 >= abs(float(np.median(lons))):
        lon_name, lat_name = columns.by_field["lon"], columns.by_field["lat"]
        reason = f"latitudes such as {lats[0]:g} cannot be: longitude and latitude look swapped"
        raise WrongCrs(source.name, reason, f"Import it with --map lon={lat_name} --map lat={lon_name}")
