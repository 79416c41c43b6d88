"""Many versions as arrays: the quick way for whoever needs a whole kind, in little more memory than that takes.

Rows come a stride at a time from the driver's own cursor, and each stride becomes arrays before the next one is read.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import orjson
from sqlalchemy import ColumnElement, func

from twin.store.database import Database
from twin.store.reading import versions
from twin.store.records import Columns
from twin.store.tables import entity, entity_number
from twin.types import U64, object_array

_STRIDE = 10_000

_READ = ("id", "parent", "number", "footprint", "base_m", "height_m", "storeys", "has_mesh", "digest", "version")


def columns(database: Database, wanted: list[ColumnElement[bool]], names: Sequence[str]) -> Columns:
    """The versions that are wanted, with the named attributes, in the order of their numbers."""
    given = {"footprint": func.ST_AsBinary(entity.c.footprint), "id": entity_number.c.id}
    picked = [given[name] if name in given else entity.c[name] for name in _READ]
    if names:
        picked.append(entity.c.attributes)
    words: dict[str, str] = {}
    with database.reading() as connection:
        # The driver's cursor: no row objects and no conversion for a hundred thousand rows.
        cursor: Any = connection.execute(versions(*picked).where(*wanted).order_by(entity.c.number)).cursor
        strides = []
        while rows := cursor.fetchmany(_STRIDE):
            strides.append(_stride(list(zip(*rows, strict=True)), names, words))
    return Columns.joined(strides or [_stride([()] * len(picked), names, words)])


def _stride(read: Sequence[Sequence[Any]], names: Sequence[str], words: dict[str, str]) -> Columns:
    """Some rows, given column by column. `words` holds each text of an attribute once, however often it comes."""
    ids, parents, numbers, wkb, base, height, storeys, has_mesh, digests, version, *rest = read
    parsed = [orjson.loads(text) for text in rest[0]] if rest else []
    return Columns(
        ids=list(ids),
        parents=object_array(parents),
        numbers=np.array(numbers, dtype=np.uint32),
        wkb=object_array(wkb),
        base_m=np.array(base, dtype=np.float64),
        height_m=np.array(height, dtype=np.float64),
        storeys=np.array([-1 if value is None else value for value in storeys], dtype=np.int32),
        has_mesh=np.array(has_mesh, dtype=bool),
        stamps=_stamps(digests, version),
        attributes={name: object_array([_once(one.get(name), words) for one in parsed]) for name in names},
    )


def _once(value: Any, words: dict[str, str]) -> Any:
    return words.setdefault(value, value) if isinstance(value, str) else value


def _stamps(digests: Sequence[bytes], version: Sequence[int]) -> U64:
    """The first eight bytes of each digest; the last version of what was retired has none and takes its number."""
    heads = [bytes(digest[:8]) or number.to_bytes(8) for digest, number in zip(digests, version, strict=True)]
    return np.frombuffer(b"".join(heads), dtype="<u8").astype(np.uint64)
