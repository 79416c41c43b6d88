"""The end of entities: what was known of them stays known, and from now on they are no more."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, func, literal, or_, select

from twin.errors import UnknownEntity
from twin.store.database import Database
from twin.store.rows import CONTENT
from twin.store.tables import change, entity, entity_number, mesh
from twin.store.writing import close_versions, recording_time

_COPIED = ("number", *CONTENT, "import_id")


def retire(database: Database, connection: Connection, ids: Sequence[str], source: str) -> int:
    """Close what is known now and write a last version that ends now. Those that have ended already stay as they are.

    Raises `UnknownEntity` where an id was never known; then nothing is changed.
    """
    wanted = sorted(set(ids))
    _all_known(database, connection, wanted)
    now = recording_time(connection)
    rows = connection.execute(
        select(entity.c.version, entity.c.number, entity.c.kind, *(entity.c[side] for side in _SIDES))
        .join(entity_number, entity.c.number == entity_number.c.number)
        .where(
            database.among(entity_number.c.id, wanted),
            entity.c.recorded_to.is_(None),
            or_(entity.c.valid_to.is_(None), entity.c.valid_to > now),
        )
        .order_by(entity.c.version)
    ).all()
    versions = [row.version for row in rows]
    close_versions(database, connection, versions, now)
    _write_last(database, connection, versions, now, source)
    _log(database, connection, rows, now)
    return len(rows)


_SIDES = ("west", "south", "east", "north")


def _all_known(database: Database, connection: Connection, wanted: list[str]) -> None:
    query = select(entity_number.c.id).where(database.among(entity_number.c.id, wanted))
    known = set(connection.execute(query).scalars())
    missing = [id_ for id_ in wanted if id_ not in known]
    if missing:
        words = f"no entity with this id ({len(missing)} of {len(wanted)} are unknown)"
        raise UnknownEntity(missing[0], words, "Look for it with find")


def _write_last(database: Database, connection: Connection, versions: list[int], now: int, source: str) -> None:
    """Copy the closed versions inside the database, ending now; one that was yet to begin leaves nothing behind."""
    first = connection.execute(select(func.max(entity.c.version))).scalar_one_or_none() or 0
    copied: dict[str, ColumnElement[Any]] = {name: entity.c[name] for name in _COPIED}
    copied |= {"valid_to": literal(now), "source": literal(source) if source else entity.c.source}
    places = func.row_number().over(order_by=entity.c.version)
    connection.execute(
        entity.insert().from_select(
            ["version", "recorded_from", "digest", *copied],
            select(places + first, literal(now), literal(b""), *copied.values()).where(
                database.among(entity.c.version, versions),
                or_(entity.c.valid_from.is_(None), entity.c.valid_from < now),
            ),
        )
    )
    database.index_boxes(connection, first)
    last = entity.alias()
    connection.execute(
        mesh.insert().from_select(
            ["version", "lod", "body"],
            select(last.c.version, mesh.c.lod, mesh.c.body)
            .join_from(mesh, entity, entity.c.version == mesh.c.version)
            .join(last, last.c.number == entity.c.number)
            .where(database.among(entity.c.version, versions), last.c.version > first),
        )
    )


def _log(database: Database, connection: Connection, rows: Sequence[Row[tuple[object, ...]]], now: int) -> None:
    first = (connection.execute(select(func.max(change.c.seq))).scalar_one_or_none() or 0) + 1
    changes = [
        (first + i, now, "retire", row.number, row.kind, *(row._mapping[side] for side in _SIDES))
        for i, row in enumerate(rows)
    ]
    database.insert(connection, change, ("seq", "recorded_at", "op", "number", "kind", *_SIDES), changes)
