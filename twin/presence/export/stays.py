"""Stays handed in as a file of the shape that a trajectory's export has: person, place_key, start, end, source."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pa_csv
import pyarrow.json as pa_json
import pyarrow.parquet as pq

from twin.errors import InvalidValue, UnreadableSource
from twin.presence.export.formats import format_of
from twin.presence.segments.batch import StayBatch
from twin.types import Objects

WANTED = ("person", "place_key", "start", "end")
OPTIONAL = ("source", "quality")


def read_stays(path: Path, resolve: Callable[[str], bytes]) -> StayBatch:
    """The stays of a CSV, NDJSON, Parquet or Arrow file, whole or not at all.

    `person` is whatever `resolve` makes a pseudonym of, `place_key` the key as a number or as text, `start` and `end`
    are UTC seconds; without a `source` or `quality` it is 0. Raises UnreadableSource for a file that is none of these
    or is cut off, InvalidValue for a column that is missing or holds something else.
    """
    table = _table(path)
    missing = [name for name in WANTED if name not in table.column_names]
    if missing:
        raise InvalidValue(f"file {path.name}", f"has no column {missing[0]}", f"It needs {', '.join(WANTED)}")
    persons = _column(table, "person", pa.string()).to_pylist()
    different = list(dict.fromkeys(persons))
    numbers = {name: number for number, name in enumerate(different)}
    return StayBatch(
        [resolve(name) for name in different],
        np.array([numbers[name] for name in persons], dtype=np.uint32),
        _numbers(table, "place_key", pa.uint64()),
        _numbers(table, "start", pa.int64()),
        _numbers(table, "end", pa.int64()),
        *(_numbers(table, name, pa.uint8()) for name in OPTIONAL),
    )


def _table(path: Path) -> pa.Table:
    suffix = format_of(path).suffix
    try:
        if suffix == ".csv":
            text = {name: pa.string() for name in (*WANTED, *OPTIONAL)}
            return pa_csv.read_csv(path, convert_options=pa_csv.ConvertOptions(column_types=text))
        if suffix == ".ndjson":
            return _with_place_key(pa_json.read_json(path))
        if suffix == ".parquet":
            return pq.read_table(path)
        with pa.OSFile(str(path)) as file:
            opened = pa.ipc.open_file(file) if suffix == ".arrow" else pa.ipc.open_stream(file)
            return opened.read_all()
    except (OSError, pa.ArrowException) as error:
        way_out = "Check that it is whole; the ending of its name says how it is read"
        raise UnreadableSource(f"file {path.name}", "cannot be read, or is cut off", way_out) from error


def _with_place_key(table: pa.Table) -> pa.Table:
    """A place as it stands in a JSON row, by its key."""
    names = table.column_names
    if "place_key" in names or "place" not in names or not pa.types.is_struct(table.schema.field("place").type):
        return table
    place = table.column("place").combine_chunks()
    known = [each.name for each in place.type]
    return table.append_column("place_key", pc.struct_field(place, "key")) if "key" in known else table


def _numbers(table: pa.Table, name: str, kind: pa.DataType) -> Objects:
    if name in OPTIONAL and name not in table.column_names:
        return np.zeros(len(table), dtype=np.uint8)
    return np.asarray(_column(table, name, kind).to_numpy())


def _column(table: pa.Table, name: str, kind: pa.DataType) -> pa.ChunkedArray:
    try:
        column = table.column(name).cast(kind)
    except (pa.ArrowException, KeyError) as error:
        raise InvalidValue(f"column {name}", f"does not hold {kind} values only", "Correct the file") from error
    if column.null_count:
        raise InvalidValue(f"column {name}", f"is empty in {column.null_count} rows", "Correct the file")
    return column
