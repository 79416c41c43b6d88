"""The small values that the store takes and gives."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, fields
from typing import Literal

import numpy as np

from twin.entity import Entity
from twin.issues import Issue
from twin.types import F64, I32, I64, U32, U64, Bbox, Bools, EntityId, Objects


@dataclass(frozen=True, slots=True)
class TwinMeta:
    """What a twin says of itself.

    zone       IANA time zone of its local day
    ground_m   typical ellipsoidal height of the ground, metres; None before a building says its own, or terrain does
    feed       "synthetic" where the server runs the synthetic feed, else empty
    """

    name: str
    zone: str
    created_at: int
    ground_m: float | None = None
    feed: str = ""


@dataclass(frozen=True, slots=True)
class SourceInfo:
    """Where an import came from, and how its coordinates were read. `imported_at` in UTC seconds."""

    name: str
    format: str
    crs: str
    datum: str
    vertical: str
    imported_at: int


@dataclass(frozen=True, slots=True)
class WriteReport:
    """What one write did. `rejected` counts every object that was not stored; `issues` counts by code.

    rules  counts by code and severity
    """

    import_id: int
    added: int
    changed: int
    unchanged: int
    rejected: int
    issues: Counter[str]
    rules: Counter[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class ImportRecord:
    """One write, as it stands in the journal. `recorded_at` is the twin's own clock, UTC seconds."""

    id: int
    source: SourceInfo
    recorded_at: int
    added: int
    changed: int
    unchanged: int
    rejected: int
    issues: Counter[str]


@dataclass(frozen=True, slots=True)
class Page:
    """A part of the answer: `next` is the cursor of the following part, `total` counts the whole answer."""

    entities: list[Entity]
    next: str | None
    total: int | None


@dataclass(frozen=True, slots=True)
class Columns:
    """Every entity of one kind as arrays of equal length n, in the order of `numbers`.

    parents     (n,) objects: the parent's id, None where there is none
    wkb         (n,) objects: footprints as WKB bytes, lon/lat degrees; None where there is none
    base_m      (n,) ellipsoidal metres, nan where not known
    height_m    (n,) metres, nan where not known
    storeys     (n,) above ground, -1 where not known
    stamps      (n,) stand for the content: a version that says anything else has another stamp
    attributes  name -> (n,) objects, None where not given
    """

    ids: list[EntityId]
    parents: Objects
    numbers: U32
    wkb: Objects
    base_m: F64
    height_m: F64
    storeys: I32
    has_mesh: Bools
    stamps: U64
    attributes: dict[str, Objects] = field(default_factory=dict)

    def take(self, rows: Bools | I64) -> Columns:
        """Some rows, by a mask or by their positions."""
        chosen = np.flatnonzero(rows) if rows.dtype == bool else rows
        return Columns(
            ids=[self.ids[row] for row in chosen],
            attributes={name: values[chosen] for name, values in self.attributes.items()},
            **{name: getattr(self, name)[chosen] for name in _ARRAYS},
        )

    @staticmethod
    def joined(parts: Sequence[Columns]) -> Columns:
        """One or more, one after the other."""
        if len(parts) == 1:
            return parts[0]
        return Columns(
            ids=[id_ for one in parts for id_ in one.ids],
            attributes={name: np.concatenate([one.attributes[name] for one in parts]) for name in parts[0].attributes},
            **{name: np.concatenate([getattr(one, name) for one in parts]) for name in _ARRAYS},
        )


_ARRAYS = tuple(one.name for one in fields(Columns) if one.name not in ("ids", "attributes"))


@dataclass(frozen=True, slots=True)
class Change:
    """One row of the change log. `bbox` holds what the entity covered before and after."""

    seq: int
    recorded_at: int
    op: Literal["add", "change", "retire"]
    id: EntityId
    kind: str
    bbox: Bbox | None
    number: int


@dataclass(frozen=True, slots=True)
class QuarantineRow:
    """One fault that an import met."""

    id: int
    import_id: int
    issue: Issue


@dataclass(frozen=True, slots=True)
class QuarantinePage:
    """A part of the list: `next` is the cursor of the following part, `total` counts the whole list."""

    rows: list[QuarantineRow]
    next: str | None
    total: int


@dataclass(frozen=True, slots=True)
class PlaceInfo:
    """What a place key stands for. `height_m`: ellipsoidal metres of its floor; None where nobody knows.

    `lon`, `lat` are nan for a place on a vehicle, which is nowhere for long.
    """

    key: int
    entity_id: EntityId | None
    name: str
    kind: str
    floor: int
    lon: float
    lat: float
    height_m: float | None
    building_id: EntityId | None


@dataclass(frozen=True, slots=True)
class PlaceTable:
    """Every place key: (n,) ascending keys, (n,) numbers of their entities, (n, 2) lon/lat degrees."""

    keys: U64
    numbers: U32
    lonlat: F64


@dataclass(frozen=True, slots=True)
class Account:
    """Who is logged in. `scope`: the area code they may see; empty: the whole district."""

    user: str
    role: str
    scope: str = ""
