"""Questions about entities. Every answer comes in the order of the entities' numbers, which never change."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any

import numpy as np
import shapely
from sqlalchemy import ColumnElement, Connection, Select, and_, func, literal_column, or_, select

from twin.entity import Entity, Mesh
from twin.errors import InvalidValue, UnknownEntity
from twin.kinds import BY_ID
from twin.store import meshes
from twin.store.asof import standing
from twin.store.cursors import checked_limit, make_cursor, read_cursor
from twin.store.database import Database
from twin.store.records import Page
from twin.store.rows import READ, to_entity
from twin.store.tables import entity, entity_number, mesh
from twin.types import I64, U32, Bbox

_STRIDE = 5000


def read_columns() -> list[ColumnElement[Any]]:
    """What `to_entity` takes, as SQL."""
    given = {"footprint": func.ST_AsBinary(entity.c.footprint), "id": entity_number.c.id}
    return [(given[name] if name in given else entity.c[name]).label(name) for name in READ]


def versions(*columns: Any) -> Select[Any]:
    """A question about versions with their ids."""
    return select(*columns).select_from(entity).join(entity_number, entity_number.c.number == entity.c.number)


def checked_kinds(kinds: Sequence[str]) -> Sequence[str]:
    """`InvalidValue` for a kind that does not exist."""
    for kind in kinds:
        if kind not in BY_ID:
            raise InvalidValue("kind", f"there is no kind {kind!r}", f"Take one of {', '.join(BY_ID)}")
    return kinds


def boxed(database: Database, bbox: Bbox) -> list[ColumnElement[bool]]:
    """Footprints whose own box touches the box: first by the index, then exactly."""
    return [
        database.in_box(bbox),
        entity.c.west <= bbox.east,
        entity.c.east >= bbox.west,
        entity.c.south <= bbox.north,
        entity.c.north >= bbox.south,
    ]


def conditions(
    database: Database,
    *,
    kinds: Sequence[str] = (),
    bbox: Bbox | None = None,
    parent: str | None = None,
    text: str | None = None,
    source: str | None = None,
    where: Mapping[str, str] | None = None,
) -> list[ColumnElement[bool]]:
    """What `find` may ask for, as conditions."""
    found: list[ColumnElement[bool]] = []
    if kinds:
        # As literals (they are checked), so that a partial index over one kind can be chosen.
        named: list[ColumnElement[str]] = [literal_column(f"'{kind}'") for kind in checked_kinds(kinds)]
        narrow = bbox is not None or parent is not None
        column = database.not_by_index(entity.c.kind) if narrow else entity.c.kind
        found.append(column == named[0] if len(named) == 1 else column.in_(named))
    if bbox is not None:
        found += boxed(database, bbox)
    if parent is not None:
        found.append(entity.c.parent == parent)
    if text:
        found += [entity.c.label.contains(word, autoescape=True) for word in text.casefold().split()]
    if source is not None:
        found.append(entity.c.source == source)
    for name, value in (where or {}).items():
        if not name.isidentifier() or not name.isascii():
            raise InvalidValue("attribute", f"{name!r} is not the name of an attribute", "Take a plain name")
        found.append(database.attribute(name) == value)
    return found


def find(
    database: Database,
    connection: Connection,
    wanted: list[ColumnElement[bool]],
    limit: int,
    cursor: str | None,
    *,
    narrow: bool,
) -> Page:
    """One part of the answer; the count of the whole travels in the cursor.

    `narrow`: the conditions leave few rows, so that these are found first and sorted, not picked out of all in order.
    """
    checked_limit(limit)
    after, total = read_cursor(cursor) if cursor else (0, None)
    if total is None:
        total = int(connection.execute(select(func.count()).select_from(entity).where(*wanted)).scalar_one())
    order = database.not_by_index(entity.c.number) if narrow else entity.c.number
    query = versions(*read_columns()).where(*wanted, order > after)
    rows = connection.execute(query.order_by(order).limit(limit + 1)).all()
    shown = rows[:limit]
    following = make_cursor(shown[-1].number, total) if len(rows) > limit else None
    return Page([to_entity(row) for row in shown], following, total)


def each(database: Database, wanted: list[ColumnElement[bool]], with_meshes: bool) -> Iterator[Entity]:
    """Everything, in strides: no connection is held between them, and memory stays flat."""
    after = 0
    while True:
        with database.reading() as connection:
            query = versions(*read_columns(), entity.c.version).where(*wanted, entity.c.number > after)
            rows = connection.execute(query.order_by(entity.c.number).limit(_STRIDE)).all()
            bodies = meshes_of(database, connection, [row.version for row in rows]) if with_meshes else {}
        for row in rows:
            found = to_entity(row[:-1])
            found.meshes.update(bodies.get(row.version, {}))
            yield found
        if len(rows) < _STRIDE:
            return
        after = rows[-1].number


def meshes_of(database: Database, connection: Connection, numbers: Sequence[int]) -> dict[int, dict[str, Mesh]]:
    """The meshes of versions: version -> level of detail -> mesh."""
    found: dict[int, dict[str, Mesh]] = {}
    rows = connection.execute(select(mesh).where(database.among(mesh.c.version, numbers)).order_by(mesh.c.lod))
    for version, lod, body in rows:
        found.setdefault(version, {})[lod] = meshes.unpack(bytes(body))
    return found


def get(database: Database, connection: Connection, id_: str, at: int | None, known_at: int | None) -> Entity:
    """One entity with its meshes."""
    query = versions(*read_columns(), entity.c.version).where(entity_number.c.id == id_, standing(at, known_at))
    row = connection.execute(query).one_or_none()
    if row is None:
        raise _unknown(connection, id_)
    found = to_entity(row[:-1])
    found.meshes.update(meshes_of(database, connection, [row.version]).get(row.version, {}))
    return found


def _unknown(connection: Connection, id_: str) -> UnknownEntity:
    known = connection.execute(select(entity_number.c.number).where(entity_number.c.id == id_)).scalar()
    if known is None:
        return UnknownEntity(id_, "no entity with this id", "Look for it with find")
    return UnknownEntity(id_, "it does not exist, or was not known, at this time", "Ask for another time")


def number(connection: Connection, id_: str) -> int:
    """The entity's number."""
    found = connection.execute(select(entity_number.c.number).where(entity_number.c.id == id_)).scalar()
    if found is None:
        raise _unknown(connection, id_)
    return int(found)


def numbers(database: Database, connection: Connection, ids: Sequence[str]) -> dict[str, int]:
    """Numbers by id; an id that was never stored is left out."""
    query = select(entity_number.c.id, entity_number.c.number).where(database.among(entity_number.c.id, ids))
    return {row.id: int(row.number) for row in connection.execute(query)}


def ids(database: Database, connection: Connection, numbers: Sequence[int]) -> list[str]:
    """The ids of some numbers, in the order of the numbers; one that was never dealt out is left out."""
    query = select(entity_number.c.id).where(database.among(entity_number.c.number, numbers))
    return list(connection.execute(query.order_by(entity_number.c.number)).scalars())


def parents(connection: Connection) -> U32:
    """The parent's number of every entity that stands, by its own number; 0 where there is none."""
    above = entity_number.alias("above")
    query = select(entity.c.number, above.c.number).join(above, above.c.id == entity.c.parent).where(standing())
    rows = connection.execute(query).all()
    number, parent = np.array([tuple(row) for row in rows], dtype=np.uint32).reshape(-1, 2).T
    by_number = np.zeros(int(number.max(initial=0)) + 1, dtype=np.uint32)
    by_number[number] = parent
    return by_number


def mesh_stream(
    database: Database, ids: Iterable[str], at: int | None, known_at: int | None
) -> Iterator[tuple[str, dict[str, Mesh]]]:
    """(id, meshes) of those that stand and have any, in the order asked for, in strides of bounded memory."""
    queue = iter(ids)
    while stride := list(islice(queue, 500)):
        with database.reading() as connection:
            query = versions(entity_number.c.id, entity.c.version).where(
                database.among(entity_number.c.id, stride), standing(at, known_at), entity.c.has_mesh
            )
            found: dict[str, int] = {row.id: row.version for row in connection.execute(query)}
            bodies = meshes_of(database, connection, list(found.values()))
        for id_ in stride:
            if id_ in found:
                yield id_, bodies[found[id_]]


def picture_names(database: Database) -> set[str]:
    """The images that any version of any mesh names, whether it stands or not."""
    found: set[str] = set()
    with database.reading() as connection:
        streamed = connection.execution_options(yield_per=64).execute(select(mesh.c.body))
        for body in streamed.scalars():
            found |= meshes.pictures_in(bytes(body))
    return found


def some(
    database: Database, numbers: Sequence[int] | None, ids: Sequence[str] | None, parents: Sequence[str] | None
) -> list[ColumnElement[bool]]:
    """Only these numbers, these ids, and what hangs right under these."""
    found: list[ColumnElement[bool]] = []
    if numbers is not None:
        found.append(database.among(entity.c.number, numbers))
    if ids is not None:
        found.append(database.among(entity_number.c.id, ids))
    if parents is not None:
        found.append(database.among(entity.c.parent, parents))
    return found


def turned(connection: Connection, kinds: Sequence[str], after: int, until: int) -> list[int]:
    """Numbers of what is known now and began or ceased to exist in (after, until], without any change of knowledge."""
    begins_or_ends = or_(
        and_(entity.c.valid_from > after, entity.c.valid_from <= until),
        and_(entity.c.valid_to > after, entity.c.valid_to <= until),
    )
    query = select(entity.c.number).where(entity.c.kind.in_(kinds), entity.c.recorded_to.is_(None), begins_or_ends)
    return list(connection.execute(query).scalars())


def turns(connection: Connection, database: Database, kinds: Sequence[str], numbers: Sequence[int] | None) -> I64:
    """Every moment at which something that is known now begins or ceases to exist, each once, ascending."""
    known = [entity.c.kind.in_(kinds), entity.c.recorded_to.is_(None), *some(database, numbers, None, None)]
    ends = (entity.c.valid_from, entity.c.valid_to)
    query = select(*ends).where(*known, or_(*(end.is_not(None) for end in ends))).distinct()
    moments = {moment for row in connection.execute(query) for moment in row if moment is not None}
    return np.array(sorted(moments), dtype=np.int64)


def counts(connection: Connection) -> dict[str, int]:
    """How many of each kind stand now."""
    query = select(entity.c.kind, func.count()).where(standing()).group_by(entity.c.kind).order_by(entity.c.kind)
    return {row.kind: row[1] for row in connection.execute(query)}


def holds(connection: Connection, kind: str) -> bool:
    """Whether anything of a kind is known now."""
    query = select(entity.c.number).where(entity.c.kind == kind, entity.c.recorded_to.is_(None)).limit(1)
    return connection.execute(query).scalar() is not None


def extent(connection: Connection) -> Bbox | None:
    """The box around every footprint that stands now."""
    sides = (func.min(entity.c.west), func.min(entity.c.south), func.max(entity.c.east), func.max(entity.c.north))
    row = connection.execute(select(*sides).where(standing())).one()
    return None if row[0] is None else Bbox(*row)


def holding(database: Database, lon: float, lat: float, kinds: Sequence[str]) -> list[ColumnElement[bool]]:
    """Footprints with the point inside or on their edge, as conditions."""
    point = func.ST_GeomFromWKB(shapely.to_wkb(shapely.Point(lon, lat)), 4326)
    return [*conditions(database, kinds=kinds, bbox=Bbox(lon, lat, lon, lat)), _touches(point)]


def ordered(connection: Connection, wanted: list[ColumnElement[bool]]) -> list[Entity]:
    """Everything that meets the conditions, in the order of their numbers."""
    query = versions(*read_columns()).where(*wanted).order_by(entity.c.number)
    return [to_entity(row) for row in connection.execute(query)]


def intersecting(database: Database, connection: Connection, id_: str, kinds: Sequence[str]) -> list[Entity]:
    """Footprints that share at least a point with this entity's, itself left out."""
    own = versions(entity.c.west, entity.c.south, entity.c.east, entity.c.north, entity.c.version)
    row = connection.execute(own.where(entity_number.c.id == id_, standing())).one_or_none()
    if row is None:
        raise _unknown(connection, id_)
    if row.west is None:
        return []
    own_version = entity.alias("own_version")
    own_footprint: Select[Any] = select(literal_column("own_version.footprint")).select_from(own_version)
    shape = own_footprint.where(own_version.c.version == row.version).scalar_subquery()
    wanted = [*conditions(database, kinds=kinds, bbox=Bbox(*row[:4])), entity.c.version != row.version]
    return ordered(connection, [*wanted, standing(), _touches(shape)])


def _touches(shape: Any) -> ColumnElement[bool]:
    """Exactly, by GEOS in either database; SpatiaLite's -1 (cannot tell) counts as no."""
    return func.ST_Intersects(entity.c.footprint, shape).is_(True)
