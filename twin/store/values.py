"""One field or attribute of every entity of a kind: the quick way for whoever colours a city by it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from sqlalchemy import select

from twin.errors import InvalidValue
from twin.store.asof import standing
from twin.store.database import Database
from twin.store.reading import checked_kinds
from twin.store.tables import entity, entity_number
from twin.types import U32, Objects, object_array

FIELDS = {"height": entity.c.height_m, "base": entity.c.base_m, "storeys": entity.c.storeys}
"""Names of what are fields of the entity itself; all others are attributes."""


@dataclass(frozen=True, slots=True)
class Values:
    """Everything of a kind that stands now, in the order of numbers.

    parents  (n,) ids, None where there is none
    values   (n,) numbers for fields, texts for attributes; None where not given
    """

    ids: list[str]
    numbers: U32
    parents: Objects
    values: Objects


def values_of(database: Database, kind: str, name: str) -> Values:
    """One field or attribute; with an empty name, none: only who there is. `InvalidValue` for a name that is none."""
    (kind,) = checked_kinds([kind])
    picked: list[Any] = [entity_number.c.id, entity.c.number, entity.c.parent]
    if name in FIELDS:
        picked.append(FIELDS[name])
    elif name:
        if not name.isidentifier() or not name.isascii():
            raise InvalidValue("attribute", f"{name!r} is not the name of an attribute", "Take a plain name")
        picked.append(database.attribute(name))
    query = select(*picked).join(entity_number, entity_number.c.number == entity.c.number)
    query = query.where(entity.c.kind == kind, standing()).order_by(entity.c.number)
    with database.reading() as connection:
        cursor: Any = connection.execute(query).cursor  # the driver's: no row objects for a hundred thousand rows
        rows = cursor.fetchall()
    ids, numbers, parents, *rest = zip(*rows, strict=True) if rows else ((), (), (), ())
    given = rest[0] if name else [None] * len(ids)
    return Values(list(ids), np.array(numbers, dtype=np.uint32), object_array(parents), object_array(given))
