"""One write: checked rows in, new versions and change rows out, all in the caller's transaction."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import orjson
from sqlalchemy import Connection, func, select, update

from twin.issues import Issue, Severity
from twin.store import clock
from twin.store.database import Database
from twin.store.records import SourceInfo, WriteReport
from twin.store.rows import CONTENT, NOWHERE, Box, Version
from twin.store.tables import change, entity, entity_number, imports, mesh, quarantine

MANY = 1000
"""From so many new rows on, the planner has to be told."""

_BOX = (entity.c.west, entity.c.south, entity.c.east, entity.c.north)
_ENTITY = ("version", "number", *CONTENT, "recorded_from", "import_id", "digest")
_CHANGE = ("seq", "recorded_at", "op", "number", "kind", "west", "south", "east", "north")
_COUNTED = ("added", "changed", "unchanged", "rejected")
_IMPORT = (
    "id", "name", "format", "crs", "datum", "vertical", "imported_at", "recorded_at", *_COUNTED, "issues",
)  # fmt: skip
_QUARANTINE = ("id", "import_id", "code", "path", "message", "severity")


class _Known(NamedTuple):
    """What the store holds of an id before this batch. `version` is None where nothing is known at present."""

    number: int
    version: int | None
    digest: bytes | None
    import_id: int | None
    box: Box


class _Fresh(NamedTuple):
    """A version to be written. `box`: what the entity covered before and covers now."""

    version: Version
    number: int
    op: str
    box: Box


def recording_time(connection: Connection) -> int:
    """The moment of this write: never before the last one, even when the machine's clock was set back."""
    last = connection.execute(select(change.c.recorded_at).order_by(change.c.seq.desc()).limit(1)).scalar()
    return max(clock.now(), last or 0)


class Writer:
    """One import under way. The ids it deals out are safe because only one writer runs at a time."""

    def __init__(self, database: Database, connection: Connection, source: SourceInfo) -> None:
        self._database = database
        self._connection = connection
        self._source = source
        self._now = recording_time(connection)
        self._next_number = self._after(entity_number.c.number)
        self._next_version = self._after(entity.c.version)
        self._next_seq = self._after(change.c.seq)
        self._next_fault = self._after(quarantine.c.id)
        self._import_id = self._after(imports.c.id)
        self._done: Counter[str] = Counter(added=0, changed=0, unchanged=0, rejected=0)
        self._codes: Counter[str] = Counter()
        self._rules: Counter[tuple[str, str]] = Counter()

    def _after(self, column: Any) -> int:
        return int(self._connection.execute(select(func.coalesce(func.max(column), 0))).scalar_one()) + 1

    def run(self, batches: Iterable[tuple[list[Version], list[Issue]]]) -> WriteReport:
        """Store everything, batch by batch."""
        for versions, faults in batches:
            self._report([*faults, *self._write(versions)])
        return self._finish()

    def _write(self, versions: Sequence[Version]) -> list[Issue]:
        """Store what is new in a batch; gives back what is worth a note."""
        known = self._known([version.id for version in versions])
        fresh: list[_Fresh] = []
        numbers, closed, notes = [], [], []
        for version in versions:
            before = known.get(version.id)
            if before is not None and before.digest == version.digest:
                self._done["unchanged"] += 1
                continue
            if before is None:
                before = _Known(self._next_number, None, None, None, NOWHERE)
                numbers.append((before.number, version.id))
                self._next_number += 1
            if before.version is not None:
                closed.append(before.version)
            if before.import_id == self._import_id:
                words = "it came again in this import with other content: the later one stands"
                notes.append(Issue("id.duplicate", f"{self._source.name} {version.id}", words, Severity.NOTE))
            op = "add" if before.version is None else "change"
            self._done["added" if op == "add" else "changed"] += 1
            fresh.append(_Fresh(version, before.number, op, _around(before.box, version.box)))
        self._database.insert(self._connection, entity_number, ("number", "id"), numbers)
        close_versions(self._database, self._connection, closed, self._now)
        self._insert(fresh)
        return notes

    def _known(self, ids: list[str]) -> dict[str, _Known]:
        numbered = select(entity_number.c.id, entity_number.c.number)
        found = self._connection.execute(numbered.where(self._database.among(entity_number.c.id, ids))).all()
        query = select(entity.c.number, entity.c.version, entity.c.digest, entity.c.import_id, *_BOX).where(
            self._database.among(entity.c.number, [row.number for row in found]), entity.c.recorded_to.is_(None)
        )
        current = {row.number: row for row in self._connection.execute(query)}
        known = {}
        for id_, number in found:
            row = current.get(number)
            if row is None:
                known[id_] = _Known(number, None, None, None, NOWHERE)
            else:
                box = (row.west, row.south, row.east, row.north)
                known[id_] = _Known(number, row.version, row.digest, row.import_id, box)
        return known

    def _insert(self, fresh: Sequence[_Fresh]) -> None:
        rows, bodies, changes = [], [], []
        for version, number, op, box in fresh:
            id_ = self._next_version
            rows.append((id_, number, *version.content, self._now, self._import_id, version.digest))
            bodies += [(id_, lod, body) for lod, body in version.meshes.items()]
            changes.append((self._next_seq, self._now, op, number, version.kind, *box))
            self._next_version += 1
            self._next_seq += 1
        self._database.insert(self._connection, entity, _ENTITY, rows)
        self._database.index_boxes(self._connection, self._next_version - len(rows) - 1)
        self._database.insert(self._connection, mesh, ("version", "lod", "body"), bodies)
        self._database.insert(self._connection, change, _CHANGE, changes)

    def _report(self, faults: list[Issue]) -> None:
        rows = []
        for fault in faults:
            words = (fault.code, _clean(fault.path), _clean(fault.message), fault.severity.value)
            rows.append((self._next_fault, self._import_id, *words))
            self._next_fault += 1
            self._codes[fault.code] += 1
            self._rules[fault.code, fault.severity.value] += 1
            self._done["rejected"] += fault.severity is Severity.REJECTED
        self._database.insert(self._connection, quarantine, _QUARANTINE, rows)

    def _finish(self) -> WriteReport:
        source = self._source
        if self._done["added"] + self._done["changed"] >= MANY:
            self._database.refresh_statistics(self._connection, entity, entity_number, change)
        words = (_clean(source.name), source.format, source.crs, source.datum, source.vertical)
        times = (source.imported_at, self._now)
        counted = tuple(self._done[name] for name in _COUNTED)
        row = (self._import_id, *words, *times, *counted, orjson.dumps(self._codes).decode())
        self._database.insert(self._connection, imports, _IMPORT, [row])
        return WriteReport(import_id=self._import_id, issues=self._codes, rules=self._rules, **self._done)


def _clean(words: str) -> str:
    """A text that both databases can keep."""
    return words.encode("utf-8", "replace").decode().replace("\x00", "?")


def _around(a: Box, b: Box) -> Box:
    """The box around two boxes, either of which may be nowhere."""
    if a[0] is None or b[0] is None:
        return b if a[0] is None else a
    west, south, east, north = zip(a, b, strict=True)
    return (min(west), min(south), max(east), max(north))


def close_versions(database: Database, connection: Connection, versions: Sequence[int], now: int) -> None:
    """From now on, these versions are what used to be known."""
    if versions:
        connection.execute(update(entity).where(database.among(entity.c.version, versions)).values(recorded_to=now))
