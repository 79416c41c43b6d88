"""The kinds of values that rows are made of: plain ones, minutes, local times, persons, places, lists."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import islice
from typing import Any

import numpy as np
import pyarrow as pa

from scenes.epidemic.shape import Described, Items, Shape, Spoken, Telling, Values
from scenes.epidemic.windows import clock

PLACE_COLUMNS: tuple[tuple[str, pa.DataType], ...] = (
    ("key", pa.string()),
    ("entity", pa.string()),
    ("name", pa.string()),
    ("kind", pa.string()),
    ("floor", pa.int32()),
    ("lon", pa.float64()),
    ("lat", pa.float64()),
    ("height_m", pa.float64()),
    ("building", pa.string()),
)
"""A place in an export; in JSON `lon` and `lat` are one value, `lonlat`."""


Make = Callable[[Any, Telling], Any]


@dataclass(frozen=True, slots=True)
class Plain:
    """One value from the attribute `of` (the field's own name if not given): as it is, or `make` of it.

    `speaks`: what the value is the number of. None stays None.
    """

    name: str
    type: pa.DataType
    of: str = ""
    make: Make | None = None
    speaks: Spoken | None = None

    @property
    def columns(self) -> tuple[pa.Field, ...]:
        """One column."""
        return (pa.field(self.name, self.type),)

    def values(self, items: Items, telling: Telling) -> Values:
        """One of each."""
        values, make = items[self.of or self.name], self.make
        return values if make is None else [None if value is None else make(value, telling) for value in values]

    def arrays(self, values: Values) -> list[pa.Array]:
        """One array."""
        return [pa.array(values, self.type)]

    def spoken(self, items: Items, of: Spoken) -> Iterable[int]:
        """The number, where it is one."""
        return (value for value in items[self.of or self.name] if value is not None) if of == self.speaks else ()


def whole(name: str, of: str = "") -> Plain:
    """A whole number."""
    return Plain(name, pa.int64(), of)


def flag(name: str, of: str = "") -> Plain:
    """Yes or no."""
    return Plain(name, pa.bool_(), of)


def text(name: str, of: str = "") -> Plain:
    """Text."""
    return Plain(name, pa.string(), of)


def number(name: str, of: str = "") -> Plain:
    """Any number."""
    return Plain(name, pa.float64(), of, lambda value, _: float(value))


def minutes(name: str, of: str) -> Plain:
    """Seconds as minutes, to the hundredth."""
    return Plain(name, pa.float64(), of, lambda seconds, _: round(seconds / 60, 2))


def pseudonym(name: str = "person", of: str = "pseudonym") -> Plain:
    """A pseudonym's bytes as 32 hex digits."""
    return Plain(name, pa.string(), of, lambda value, _: value.hex())


def person_of(name: str, of: str = "") -> Plain:
    """A person's number as their pseudonym."""
    return Plain(name, pa.string(), of, lambda value, telling: telling.persons[value], "person")


def local_time(name: str, of: str) -> Plain:
    """UTC seconds as ISO 8601 in the answer's zone."""
    return Plain(name, pa.string(), of, lambda value, telling: clock(telling.zone).text(value))


@dataclass(frozen=True, slots=True)
class People:
    """The numbers of several persons as their pseudonyms, in an export a list."""

    name: str

    @property
    def columns(self) -> tuple[pa.Field, ...]:
        """One column."""
        return (pa.field(self.name, pa.list_(pa.string())),)

    def values(self, items: Items, telling: Telling) -> Values:
        """A list a row."""
        return [[telling.persons[number] for number in numbers] for numbers in items[self.name]]

    def arrays(self, values: Values) -> list[pa.Array]:
        """One array of lists."""
        return [pa.array(values, pa.list_(pa.string()))]

    def spoken(self, items: Items, of: Spoken) -> Iterable[int]:
        """All of them."""
        return (number for numbers in items[self.name] for number in numbers) if of == "person" else ()


class _Length(Plain):
    """The minutes from `start` to `end`."""

    def values(self, items: Items, telling: Telling) -> Values:
        return [round((end - start) / 60, 2) for start, end in zip(items["start"], items["end"], strict=True)]


INTERVAL = (
    whole("start"),
    whole("end"),
    local_time("start_local", "start"),
    local_time("end_local", "end"),
    _Length("minutes", pa.float64()),
)
"""A half-open interval in UTC seconds, local time and minutes."""


@dataclass(frozen=True, slots=True)
class Place:
    """A place described; None where the engine names none, or (`unless`) where it is that other place of the row."""

    name: str
    of: str = ""
    unless: str = ""

    @property
    def columns(self) -> tuple[pa.Field, ...]:
        """One column for each value of a place: place_key, place_name …"""
        return tuple(pa.field(f"{self.name}_{name}", type_) for name, type_ in PLACE_COLUMNS)

    def values(self, items: Items, telling: Telling) -> Values:
        """The descriptions, shared between rows."""
        return [None if key is None else telling.places[key] for key in self._keys(items)]

    def arrays(self, values: Values) -> list[pa.Array]:
        """Each different place is put into Arrow once, and taken where it occurs."""
        index: dict[str, int] = {}
        different: list[Described] = []
        at = np.zeros(len(values), dtype=np.int64)
        for i, place in enumerate(values):
            key = "" if place is None else place["key"]
            if key not in index:
                index[key] = len(index)
                different.append(_plain(place))
            at[i] = index[key]
        taken = pa.array(at)
        return [pa.array([row[name] for row in different], type_).take(taken) for name, type_ in PLACE_COLUMNS]

    def spoken(self, items: Items, of: Spoken) -> Iterable[int]:
        """The keys."""
        return (key for key in self._keys(items) if key is not None) if of == "place" else ()

    def _keys(self, items: Items) -> Values:
        keys = items[self.of or self.name]
        if not self.unless:
            return keys
        return [None if key == other else key for key, other in zip(keys, items[self.unless], strict=True)]


@dataclass(frozen=True, slots=True)
class Area:
    """An area by its number, as the entity it is; None for number 0: the place that the question names itself."""

    name: str
    of: str = ""

    @property
    def columns(self) -> tuple[pa.Field, ...]:
        """Two columns."""
        return pa.field(f"{self.name}_entity", pa.string()), pa.field(f"{self.name}_name", pa.string())

    def values(self, items: Items, telling: Telling) -> Values:
        """The descriptions, shared between rows."""
        return [telling.areas[number] if number else None for number in items[self.of or self.name]]

    def arrays(self, values: Values) -> list[pa.Array]:
        """Id and name."""
        return [pa.array([value and value[name] for value in values], pa.string()) for name in ("entity", "name")]

    def spoken(self, items: Items, of: Spoken) -> Iterable[int]:
        """The numbers."""
        return (number for number in items[self.of or self.name] if number) if of == "area" else ()


def _plain(place: Described | None) -> Described:
    if place is None:
        return dict.fromkeys(name for name, _ in PLACE_COLUMNS)
    lon, lat = place["lonlat"] or (None, None)  # a place that moves is nowhere in particular
    return {**place, "lon": lon, "lat": lat}


@dataclass(frozen=True, slots=True)
class Many:
    """What repeats within a row: a list of objects, in an export a list of structs."""

    name: str
    shape: Shape
    of: str = ""

    @property
    def columns(self) -> tuple[pa.Field, ...]:
        """One column."""
        return (pa.field(self.name, pa.list_(pa.struct(list(self.shape.columns)))),)

    def values(self, items: Items, telling: Telling) -> Values:
        """The rows of all lists are made in one go, then dealt out."""
        every = iter(self.shape.rows(items.within(self.of or self.name), telling))
        return [list(islice(every, len(part))) for part in items[self.of or self.name]]

    def arrays(self, values: Values) -> list[pa.Array]:
        """One array of lists."""
        children = self.shape.arrays([row for part in values for row in part])
        structs = pa.StructArray.from_arrays(children, fields=list(self.shape.columns))
        offsets = np.concatenate([[0], np.cumsum([len(part) for part in values])]).astype(np.int32)
        return [pa.ListArray.from_arrays(pa.array(offsets), structs)]

    def spoken(self, items: Items, of: Spoken) -> Iterable[int]:
        """Those of every list."""
        return self.shape.spoken(items.within(self.of or self.name), of)
