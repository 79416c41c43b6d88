"""What happened: imports, changes, and what was refused."""

from __future__ import annotations

from collections import Counter

import orjson
from sqlalchemy import Connection, func, select

from twin.errors import InvalidValue
from twin.issues import Issue, Severity
from twin.store.cursors import checked_limit, make_cursor, read_cursor
from twin.store.records import Change, ImportRecord, QuarantinePage, QuarantineRow, SourceInfo
from twin.store.tables import change, entity_number, imports, quarantine
from twin.types import Bbox


def read_imports(connection: Connection) -> list[ImportRecord]:
    """Every import, oldest first."""
    rows = connection.execute(select(imports).order_by(imports.c.id))
    return [
        ImportRecord(
            id=row.id,
            source=SourceInfo(row.name, row.format, row.crs, row.datum, row.vertical, row.imported_at),
            recorded_at=row.recorded_at,
            added=row.added,
            changed=row.changed,
            unchanged=row.unchanged,
            rejected=row.rejected,
            issues=Counter(orjson.loads(row.issues)),
        )
        for row in rows
    ]


def newest_change(connection: Connection) -> int:
    """The number of the last change, 0 before the first."""
    return int(connection.execute(select(func.coalesce(func.max(change.c.seq), 0))).scalar_one())


def change_at(connection: Connection, moment: int) -> int:
    """The number of the last change that was recorded at a moment or before, 0 where there is none."""
    query = select(change.c.seq).where(change.c.recorded_at <= moment).order_by(change.c.seq.desc()).limit(1)
    return int(connection.execute(query).scalar() or 0)


def read_changes(connection: Connection, since: int, limit: int) -> list[Change]:
    """The changes after `since`, oldest first. Fewer than `limit`: these are all."""
    if since < 0:
        raise InvalidValue("since", f"{since} is below 0", "Take the seq of the last change you have, or 0")
    query = (
        select(change, entity_number.c.id)
        .join(entity_number, entity_number.c.number == change.c.number)
        .where(change.c.seq > since)
        .order_by(change.c.seq)
        .limit(checked_limit(limit))
    )
    return [
        Change(
            seq=row.seq,
            recorded_at=row.recorded_at,
            op=row.op,
            id=row.id,
            kind=row.kind,
            bbox=None if row.west is None else Bbox(row.west, row.south, row.east, row.north),
            number=row.number,
        )
        for row in connection.execute(query)
    ]


def read_quarantine(
    connection: Connection, import_id: int | None, severity: Severity | None, limit: int, cursor: str | None
) -> QuarantinePage:
    """One part of the list, oldest first."""
    checked_limit(limit)
    wanted = []
    if import_id is not None:
        wanted.append(quarantine.c.import_id == import_id)
    if severity is not None:
        wanted.append(quarantine.c.severity == severity.value)
    after, total = read_cursor(cursor) if cursor else (0, None)
    if total is None:
        total = int(connection.execute(select(func.count()).select_from(quarantine).where(*wanted)).scalar_one())
    query = select(quarantine).where(*wanted, quarantine.c.id > after).order_by(quarantine.c.id).limit(limit + 1)
    rows = connection.execute(query).all()
    shown = [
        QuarantineRow(row.id, row.import_id, Issue(row.code, row.path, row.message, Severity(row.severity)))
        for row in rows[:limit]
    ]
    return QuarantinePage(shown, make_cursor(shown[-1].id, total) if len(rows) > limit else None, total)
