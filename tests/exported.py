"""Exports read back by readers that are not ours, into the rows of a JSON answer."""

from __future__ import annotations

import csv
import io
import json
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from scenes.epidemic.fields import PLACE_COLUMNS, Area, Many, People, Place, Plain
from scenes.epidemic.shape import Shape

_TRUTH = {"true": True, "false": False, "": None}


def read_back(data: bytes, suffix: str, shape: Shape) -> list[dict[str, Any]]:
    """The rows of an export of any format as they stand in the JSON answer."""
    if suffix == ".ndjson":
        return [json.loads(line) for line in data.splitlines()]
    if suffix == ".csv":
        return [_of_csv(shape, row) for row in csv.DictReader(io.StringIO(data.decode("utf-8-sig"), newline=""))]
    return [_of_arrow(shape, row) for row in table_of(data, suffix).to_pylist()]


def table_of(data: bytes, suffix: str) -> pa.Table:
    """An Arrow or Parquet export as a table."""
    if suffix == ".parquet":
        return pq.read_table(io.BytesIO(data))
    if suffix == ".arrow":
        return pa.ipc.open_file(data).read_all()
    return pa.ipc.open_stream(data).read_all()


def _of_arrow(shape: Shape, row: dict[str, Any]) -> dict[str, Any]:
    made: dict[str, Any] = {}
    for field in shape.fields:
        if isinstance(field, Place):
            made[field.name] = _place({name: row[f"{field.name}_{name}"] for name, _ in PLACE_COLUMNS})
        elif isinstance(field, Area):
            made[field.name] = _area(field, row)
        elif isinstance(field, Many):
            made[field.name] = [_of_arrow(field.shape, item) for item in row[field.name]]
        else:
            made[field.name] = row[field.name]
    return made


def _of_csv(shape: Shape, row: dict[str, str]) -> dict[str, Any]:
    made: dict[str, Any] = {}
    for field in shape.fields:
        if isinstance(field, Place):
            cells = {name: _typed(row[f"{field.name}_{name}"], kind) for name, kind in PLACE_COLUMNS}
            made[field.name] = _place(cells)
        elif isinstance(field, Area):
            made[field.name] = _area(field, row)
        elif isinstance(field, Many | People):
            made[field.name] = json.loads(row[field.name])
        else:
            assert isinstance(field, Plain)
            made[field.name] = _typed(row[field.name], field.type)
    return made


def _area(field: Area, row: dict[str, Any]) -> dict[str, Any] | None:
    entity = row[f"{field.name}_entity"]
    return {"entity": entity, "name": row[f"{field.name}_name"]} if entity else None


def _typed(cell: str, kind: pa.DataType) -> Any:
    if pa.types.is_boolean(kind):
        return _TRUTH[cell]
    if cell == "":
        return None
    if pa.types.is_integer(kind):
        return int(cell)
    return float(cell) if pa.types.is_floating(kind) else cell


def _place(cells: dict[str, Any]) -> dict[str, Any] | None:
    if cells["key"] is None:
        return None
    lon, lat = cells.pop("lon"), cells.pop("lat")
    return {**cells, "lonlat": None if lon is None else [lon, lat]}
