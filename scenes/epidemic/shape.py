"""The shape of an answer's rows, said once: from engine rows to JSON, and from JSON to Arrow.

A `Shape` is a tuple of fields (`scenes/epidemic/fields.py`). Each makes one value a row for the JSON answer, and of
these values the plain Arrow columns of an export, so that the two never differ.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

import pyarrow as pa

from twin.presence.export import Batch
from twin.presence.slices import columns_of

Values = list[Any]
Described = dict[str, Any]
Spoken = Literal["place", "person", "area"]


@dataclass(frozen=True, slots=True)
class Telling:
    """What the rows of a page are told with: places by key, pseudonyms and areas by number, the zone of local times."""

    places: Mapping[int, Described]
    persons: Mapping[int, str]
    zone: str
    areas: Mapping[int, Described] = field(default_factory=dict)


class Items:
    """Rows of the engine, read by the column: as columns where the engine has them, else from each row."""

    def __init__(self, parts: Sequence[Sequence[Any]]) -> None:
        self._parts = parts
        self._columns = columns_of(parts) or {}
        self._rows: list[Any] | None = None
        self._within: dict[str, Items] = {}

    def __getitem__(self, name: str) -> Values:
        if name not in self._columns:
            if self._rows is None:
                self._rows = [row for part in self._parts for row in part]
            self._columns[name] = [getattr(row, name) for row in self._rows]
        return self._columns[name]

    def within(self, name: str) -> Items:
        """What repeats within each row, all of it in a row."""
        if name not in self._within:
            self._within[name] = Items(self[name])
        return self._within[name]


class Field(Protocol):
    """One value of a row: its name in JSON, the Arrow columns it becomes, whom and what it speaks of."""

    @property
    def name(self) -> str:
        """The name in JSON."""
        ...

    @property
    def columns(self) -> tuple[pa.Field, ...]:
        """The Arrow columns."""
        ...

    def values(self, items: Items, telling: Telling) -> Values:
        """(n,) engine rows to (n,) JSON values."""
        ...

    def arrays(self, values: Values) -> list[pa.Array]:
        """(n,) JSON values to an array of each column."""
        ...

    def spoken(self, items: Items, of: Spoken) -> Iterable[int]:
        """The places by key, or persons or areas by number, that the rows speak of."""
        ...


class Shape:
    """The fields of a row, in order."""

    def __init__(self, *fields: Field) -> None:
        self.fields = fields
        self.columns: tuple[pa.Field, ...] = tuple(column for field in fields for column in field.columns)
        self.names = tuple(column.name for column in self.columns)

    def rows(self, items: Items, telling: Telling) -> list[dict[str, Any]]:
        """Engine rows to JSON rows."""
        names = [field.name for field in self.fields]
        values = [field.values(items, telling) for field in self.fields]
        return [dict(zip(names, row, strict=True)) for row in zip(*values, strict=True)]

    def arrays(self, rows: Sequence[Mapping[str, Any]]) -> list[pa.Array]:
        """JSON rows to an array for each column."""
        return [array for field in self.fields for array in field.arrays([row[field.name] for row in rows])]

    def batch(self, rows: Sequence[Mapping[str, Any]]) -> Batch:
        """JSON rows with their record batch."""
        return Batch(rows, pa.RecordBatch.from_arrays(self.arrays(rows), schema=pa.schema(self.columns)))

    def spoken(self, items: Items, of: Spoken) -> set[int]:
        """Every place by key, or person or area by number, that the rows speak of."""
        return {number for field in self.fields for number in field.spoken(items, of)}
