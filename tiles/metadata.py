"""The property table of a tile: which columns a layer carries, and their bytes (EXT_structural_metadata).

The schema comes from the kind's declaration and is the same in every tile. Ids are strings plus a stable u32: 64-bit
integers do not survive JavaScript. Unknown is 0 or the empty string, as the descriptions say, and never `noData`:
CesiumJS gives undefined for that, and a style such as `${height} > 20` over undefined ends its rendering.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tiles.spec import ClassProperty, Schema
from twin.kinds import Column, Kind
from twin.types import I64, U32, Objects

FORMATS: dict[str, np.dtype[Any]] = {
    "float32": np.dtype("<f4"),
    "uint16": np.dtype("<u2"),
    "uint32": np.dtype("<u4"),
}


@dataclass(frozen=True, slots=True, eq=False)
class Table:
    """What n features carry: ids, stable numbers, and the kind's columns as ready arrays (strings: objects)."""

    ids: Objects
    numbers: U32
    columns: dict[str, NDArray[Any]]

    def take(self, rows: I64) -> Table:
        """The table of some rows, in that order."""
        return Table(self.ids[rows], self.numbers[rows], {name: column[rows] for name, column in self.columns.items()})


def class_properties(columns: Sequence[Column]) -> dict[str, ClassProperty]:
    """The columns of a layer as the schema spells them, `id` and `number` first."""
    properties: dict[str, ClassProperty] = {
        "id": {"type": "STRING", "required": True, "semantic": "ID", "description": "Stable id of the entity"},
        "number": {
            "type": "SCALAR",
            "componentType": "UINT32",
            "required": True,
            "description": "Stable number of the entity, never given twice",
        },
    }
    for column in columns:
        if column.type == "string":
            properties[column.name] = {"type": "STRING", "default": "", "description": column.title}
        else:
            properties[column.name] = {
                "type": "SCALAR",
                "componentType": column.type.upper(),
                "required": True,
                "description": column.title,
            }
    return properties


SURFACE_LABEL = "surface"
"""The second set of feature ids, its class, and the only column of its table."""


def schema_of(kind: Kind) -> Schema:
    """The metadata schema of a kind's layer."""
    return feature_schema(kind.id, kind.title_en, kind.columns)


def feature_schema(name: str, title: str, columns: Sequence[Column]) -> Schema:
    """A metadata schema: features of one class first, then the classes of their surfaces."""
    surface: ClassProperty = {"type": "STRING", "required": True, "description": "What a surface is a part of"}
    return {
        "id": f"quanyu_{name}",
        "classes": {
            name: {"name": title, "properties": class_properties(columns)},
            SURFACE_LABEL: {"name": "Surface", "properties": {SURFACE_LABEL: surface}},
        },
    }


def column_values(column: Column, values: Sequence[Any]) -> NDArray[Any]:
    """(n,) values as they came to an array of the column's type; what is missing or does not fit becomes 'unknown'."""
    if column.type == "string":
        return np.array(["" if value is None else str(value) for value in values] + [None], dtype=object)[:-1]
    numbers = np.array([_number(value) for value in values], dtype=np.float64)
    dtype = FORMATS[column.type]
    if dtype.kind == "u":
        fits = np.isfinite(numbers) & (numbers >= 0) & (numbers <= np.iinfo(dtype).max)
        return np.where(fits, np.rint(np.where(fits, numbers, 0)), 0).astype(dtype)
    return np.where(np.isfinite(numbers), numbers, 0).astype(dtype)


def _number(value: object) -> float:
    """A number, or NaN where there is none to be had."""
    try:
        return float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        return float("nan")


def table_bytes(table: Table) -> Mapping[str, tuple[bytes, bytes | None]]:
    """Each property's values, and its string offsets where it has any."""
    parts: dict[str, tuple[bytes, bytes | None]] = {
        "id": string_bytes(table.ids),
        "number": (table.numbers.astype("<u4").tobytes(), None),
    }
    for name, column in table.columns.items():
        parts[name] = string_bytes(column) if column.dtype == object else (column.tobytes(), None)
    return parts


def string_bytes(strings: Objects) -> tuple[bytes, bytes]:
    """(n,) strings to their UTF-8 bytes on end, and (n + 1,) uint32 offsets into them."""
    encoded = [string.encode() for string in strings]
    offsets = np.zeros(len(encoded) + 1, dtype="<u4")
    np.cumsum([len(part) for part in encoded], out=offsets[1:])
    return b"".join(encoded), offsets.tobytes()
