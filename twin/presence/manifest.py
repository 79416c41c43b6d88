"""The manifest: which segments count, what made each version, who has which dense number. The only SQL of this package.

One transaction makes one version: of a batch its persons, its segments and its key. Versions are numbered from 1, each
is the snapshot that answers name. Segments remember the version that added them and the one that dropped them, so that
a question can be asked again as of an earlier one, back to the oldest that is kept.
"""

from __future__ import annotations

import errno
import hashlib
import os
import shutil
import sqlite3
import threading
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from twin.errors import InvalidValue, UnknownPerson, UnreadableSource
from twin.presence.segments.record import PERSON_LIMIT
from twin.presence.segments.segment import SegmentInfo
from twin.presence.versions import Change, Dropped, Kind, State, Totals, Version, alias_of
from twin.presence.writing.numbers import Numbers
from twin.types import U32

FILE = "manifest.sqlite"
FORMAT = 2
_UPGRADED = 1  # the older format that a writer brings up to date

_MANY = 32
"""All pseudonyms are read into memory where a batch names more than one in so many of them."""

_BULK = 100_000
"""So many new persons are put in before the index of pseudonyms is made."""

_SCHEMA = """
CREATE TABLE IF NOT EXISTS meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS versions (
    version INTEGER PRIMARY KEY, kind TEXT NOT NULL, at INTEGER, key TEXT UNIQUE, content BLOB, reason TEXT NOT NULL,
    added INTEGER NOT NULL, removed INTEGER NOT NULL, first INTEGER, last INTEGER, people INTEGER NOT NULL
);
CREATE TABLE IF NOT EXISTS persons (id INTEGER PRIMARY KEY, pseudonym BLOB NOT NULL);
CREATE UNIQUE INDEX IF NOT EXISTS persons_named ON persons (pseudonym);
CREATE TABLE IF NOT EXISTS segments (
    file TEXT PRIMARY KEY, day INTEGER NOT NULL, base INTEGER NOT NULL, until INTEGER NOT NULL,
    rows INTEGER NOT NULL, size INTEGER NOT NULL, sha256 BLOB NOT NULL,
    added INTEGER NOT NULL, dropped INTEGER, stays INTEGER NOT NULL DEFAULT 0
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS contents (
    file TEXT NOT NULL, batch INTEGER NOT NULL, PRIMARY KEY (file, batch)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS merges (
    person INTEGER NOT NULL, represented INTEGER NOT NULL, added INTEGER NOT NULL, ended INTEGER,
    PRIMARY KEY (person, added)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS undone (batch INTEGER NOT NULL, version INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS dropped (
    version INTEGER NOT NULL, day INTEGER NOT NULL, rows INTEGER NOT NULL, sha256 BLOB NOT NULL
);
"""

_UPGRADE = (
    "INSERT INTO persons SELECT id, pseudonym FROM persons_1",
    "INSERT INTO versions SELECT version, 'batch', NULL, key, content, '', stays, 0, first, last,"
    " (SELECT coalesce(max(id) + 1, 0) FROM persons) FROM batches",
    "ALTER TABLE segments ADD COLUMN stays INTEGER NOT NULL DEFAULT 0",
    "INSERT INTO contents SELECT file, added FROM segments",
    "DROP TABLE persons_1",
    "DROP TABLE batches",
)

_INFO = "file, day, base, until, rows, stays, size, sha256"
_COUNTING = "added <= ?1 AND (dropped IS NULL OR dropped > ?1)"
_STANDING = "added <= ?1 AND (ended IS NULL OR ended > ?1)"

_ERRNO = {
    sqlite3.SQLITE_FULL: errno.ENOSPC,
    sqlite3.SQLITE_READONLY: errno.EROFS,
    sqlite3.SQLITE_CANTOPEN: errno.EACCES,
    sqlite3.SQLITE_PERM: errno.EACCES,
    sqlite3.SQLITE_IOERR: errno.EIO,
}
_ROOM = 1 << 18


@contextmanager
def _as_os_errors(folder: Path) -> Iterator[None]:
    """What SQLite says of the disk, as the disk itself would say it."""
    try:
        yield
    except sqlite3.OperationalError as error:
        code = _ERRNO.get(error.sqlite_errorcode & 255)
        if code == errno.EIO and shutil.disk_usage(folder).free < _ROOM:
            code = errno.ENOSPC  # not every part of SQLite tells a full disk from a broken one
        if code is None:
            raise
        raise OSError(code, os.strerror(code)) from error


class Manifest:
    """One SQLite file. Safe to share between threads; one process at a time writes (the engine holds the lock).

    A writer has two connections: what others ask while a transaction is open sees the version before it, at once.
    """

    def __init__(self, folder: Path, *, zone: str, write: bool) -> None:
        self._path = folder / FILE
        self._lock = threading.RLock()
        self._reading = threading.RLock()
        self._inside: int | None = None  # the thread whose transaction is open
        self._numbers: Numbers | None = None
        self._assigned: tuple[bytes, U32] | None = None
        self._named: tuple[int, int] | None = None
        self._reader = self._connect()
        self._db = self._connect() if write else self._reader
        try:
            with _as_os_errors(self._path.parent):
                made = self._prepare(zone) if write else self._made()
                self._reader.execute("PRAGMA query_only = 1")
                self.zone = str(self._one("SELECT value FROM meta WHERE name = 'zone'")[0])
        except (sqlite3.DatabaseError, TypeError) as error:
            self.close()
            raise UnreadableSource(str(self._path), "is not a presence manifest", "Restore the folder") from error
        except OSError:
            self.close()
            raise
        if made != FORMAT:
            self.close()
            old = made == _UPGRADED
            way_out = "Open the store for writing once, which brings it up to date" if old else "Update the program"
            raise UnreadableSource(str(self._path), f"has format {made}, this program reads {FORMAT}", way_out)

    def _connect(self) -> sqlite3.Connection:
        return sqlite3.connect(self._path, timeout=30, isolation_level=None, check_same_thread=False)

    def _made(self) -> int:
        return int(self._db.execute("SELECT value FROM meta WHERE name = 'format'").fetchone()[0])

    def _prepare(self, zone: str) -> int:
        """Make the tables, or bring those of the older format up to date; returns the format."""
        self._db.execute("PRAGMA synchronous = FULL")
        self._db.execute("PRAGMA secure_delete = 1")  # what the law takes away is overwritten
        self._db.execute("PRAGMA temp_store = MEMORY")
        self._db.execute("PRAGMA journal_mode = WAL")
        with self.transaction():
            if self._all("SELECT 1 FROM sqlite_master WHERE name = 'batches'"):
                self._db.execute("ALTER TABLE persons RENAME TO persons_1")
            for statement in _SCHEMA.split(";")[:-1]:
                self._db.execute(statement)
            self._db.execute("INSERT OR IGNORE INTO meta VALUES ('zone', ?), ('format', ?)", (zone, str(FORMAT)))
            made = self._made()
            if made == _UPGRADED < FORMAT:
                self._upgrade()
                made = FORMAT
        return made

    def _upgrade(self) -> None:
        """Format 1 knew batches only. How many of a batch's stays begin on which day it did not count: shared out."""
        for statement in _UPGRADE:
            self._db.execute(statement)
        for version, stays in self._all("SELECT version, added FROM versions"):
            files = self._all("SELECT file, rows FROM segments WHERE added = ? ORDER BY base, file", version)
            bounds = np.cumsum([0, *(rows for _, rows in files)])
            begun = np.diff(bounds * stays // max(int(bounds[-1]), 1)).tolist()
            named = zip(begun, (file for file, _ in files), strict=True)
            self._db.executemany("UPDATE segments SET stays = ? WHERE file = ?", named)
        self._db.execute("UPDATE meta SET value = ? WHERE name = 'format'", (str(FORMAT),))

    def close(self) -> None:
        """Close the file."""
        with self._lock, self._reading:
            self._db.close()
            self._reader.close()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All or nothing; durable when it ends. What was learnt on the way is forgotten when it fails."""
        with self._lock, _as_os_errors(self._path.parent):
            self._db.execute("BEGIN IMMEDIATE")
            self._inside = threading.get_ident()
            try:
                yield
                self._db.execute("COMMIT")
            except BaseException:
                if self._db.in_transaction:
                    self._db.execute("ROLLBACK")
                self._numbers = self._assigned = None
                raise
            finally:
                self._inside = None

    def scrub(self) -> None:
        """Let nothing that was deleted linger in the log of recent transactions."""
        with self._lock, _as_os_errors(self._path.parent):
            self._db.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def check(self) -> list[str]:
        """What is wrong inside the file."""
        return [row[0] for row in self._all("PRAGMA integrity_check") if row[0] != "ok"]

    # versions

    def version(self) -> int:
        """The number of the last transaction; 0 for an empty store."""
        return int(self._one("SELECT coalesce(max(version), 0) FROM versions")[0])

    def oldest(self) -> int:
        """The oldest version that is kept; 0 while every one is."""
        row = self._one("SELECT value FROM meta WHERE name = 'oldest'")
        return int(row[0]) if row else 0

    def history(self, after: int = 0) -> list[Version]:
        """Every version that was made after one, in order; those no longer kept, too."""
        return self._versions("WHERE version > ? ORDER BY version", after)

    def of_key(self, key: str) -> Version | None:
        """The version that was made under an idempotency key."""
        return next(iter(self._versions("WHERE key = ?", key)), None)

    def _versions(self, which: str, *values: object) -> list[Version]:
        names = ("version", "kind", "at", "key", "content", "reason", "added", "removed", "first", "last")
        oldest = self.oldest()
        rows = self._all(f"SELECT {', '.join(names)} FROM versions {which}", *values)
        found = [dict(zip(names, row, strict=True)) for row in rows]
        return [Version(**row | {"kind": Kind(row["kind"])}, kept=row["version"] >= oldest) for row in found]

    def add_version(self, change: Change) -> int:
        """Make the next version; its number. Within a transaction, after the persons are assigned."""
        version = self.version() + 1
        first, last = change.span or (None, None)
        row = (version, change.kind, int(time.time()), change.key, change.content, change.reason)
        counts = (change.added, change.removed, first, last, self.people())
        self._db.execute(f"INSERT INTO versions VALUES ({', '.join('?' * 11)})", row + counts)
        if change.undoes is not None:
            self._db.execute("INSERT INTO undone VALUES (?, ?)", (change.undoes, version))
        return version

    def state(self, as_of: int | None = None, *, field: str = "as_of") -> State:
        """What counts now, or as of a version. InvalidValue for the field where it was never made or is not kept."""
        with self._one_view():
            newest, oldest = self.version(), self.oldest()
            version = newest if as_of is None else as_of
            if not 0 <= version <= newest:
                raise InvalidValue(field, f"version {version} was never made", f"The newest is {newest}")
            if version < oldest:
                raise InvalidValue(field, f"version {version} is no longer kept", f"The oldest kept is {oldest}")
            row = self._one("SELECT people FROM versions WHERE version = ?", version)
            people = int(row[0]) if row else 0
            pairs = self._all(f"SELECT person, represented FROM merges WHERE {_STANDING}", version)
            merged = np.asarray(pairs, dtype=np.uint32).reshape(-1, 2)
            return State(version, people, self.segments(version), alias_of(people, merged), merged)

    def keep_from(self, version: int) -> list[str]:
        """Keep no version before this one; the files that no kept version needs. Within a transaction."""
        files = [row[0] for row in self._all("SELECT file FROM segments WHERE dropped <= ?", version)]
        self.delete_segments(files)
        self._db.execute("DELETE FROM merges WHERE ended <= ?", (version,))
        self._db.execute("INSERT OR REPLACE INTO meta VALUES ('oldest', ?)", (str(version),))
        return files

    def version_at(self, second: int) -> int:
        """The version that was the newest at a UTC second."""
        return int(self._one("SELECT coalesce(max(version), 0) FROM versions WHERE coalesce(at, 0) <= ?", second)[0])

    # segments

    def add_segments(self, segments: Iterable[tuple[SegmentInfo, Sequence[int]]], version: int) -> None:
        """Let segments, each with the batches whose stays it holds, count from a version on. Within a transaction."""
        for s, batches in segments:
            row = (s.file, s.day, s.base, s.until, s.rows, s.size, s.sha256, version, s.stays)
            self._db.execute("INSERT INTO segments VALUES (?, ?, ?, ?, ?, ?, ?, ?, NULL, ?)", row)
            self._db.executemany("INSERT INTO contents VALUES (?, ?)", ((s.file, batch) for batch in batches))

    def drop_segments(self, files: Iterable[str], version: int) -> None:
        """Let segments count no longer, from a version on. Within a transaction."""
        self._db.executemany("UPDATE segments SET dropped = ? WHERE file = ?", ((version, file) for file in files))

    def delete_segments(self, files: Iterable[str]) -> None:
        """Let no version name these segments. Within a transaction."""
        named = [(file,) for file in files]
        self._db.executemany("DELETE FROM segments WHERE file = ?", named)
        self._db.executemany("DELETE FROM contents WHERE file = ?", named)

    def replace_segment(self, file: str, by: SegmentInfo, batches: Sequence[int]) -> None:
        """Put a segment into the place of another, in every version that names it. Within a transaction."""
        row = (by.file, by.rows, by.stays, by.size, by.sha256, file)
        self._db.execute("UPDATE segments SET file = ?, rows = ?, stays = ?, size = ?, sha256 = ? WHERE file = ?", row)
        self._db.execute("DELETE FROM contents WHERE file = ?", (file,))
        self._db.executemany("INSERT INTO contents VALUES (?, ?)", ((by.file, batch) for batch in batches))

    def segments(self, version: int) -> list[SegmentInfo]:
        """The segments that count at a version, by time."""
        rows = self._all(f"SELECT {_INFO} FROM segments WHERE {_COUNTING} ORDER BY base, added, file", version)
        return [SegmentInfo(*row) for row in rows]

    def every_segment(self, before_day: int | None = None) -> list[SegmentInfo]:
        """The segments that any kept version names, all or those of days before one."""
        day = 1 << 62 if before_day is None else before_day
        rows = self._all(f"SELECT {_INFO} FROM segments WHERE day < ? ORDER BY base, added, file", day)
        return [SegmentInfo(*row) for row in rows]

    def files(self) -> set[str]:
        """Every file that some kept version names."""
        return {row[0] for row in self._all("SELECT file FROM segments")}

    def builds(self) -> dict[str, str]:
        """Of each segment that counts now, what it was built with: the segments of one day and build are apart because
        they must be. What a withdrawal left of a segment is a build of its own.
        """
        return dict(
            self._all(
                "SELECT file, CASE WHEN kind IN (?, ?) THEN CAST(s.added AS TEXT) ELSE file END"
                " FROM segments s JOIN versions ON version = s.added WHERE dropped IS NULL",
                Kind.BATCH,
                Kind.COMPACTION,
            )
        )

    def batches(self, file: str) -> list[int]:
        """The batches, by version, whose stays a segment holds, in the order of its origins."""
        return [row[0] for row in self._all("SELECT batch FROM contents WHERE file = ? ORDER BY batch", file)]

    def segments_of(self, batch: int) -> list[SegmentInfo]:
        """The segments that count now and hold stays of a batch."""
        sql = f"SELECT {_INFO} FROM segments JOIN contents USING (file) WHERE batch = ? AND dropped IS NULL"
        return [SegmentInfo(*row) for row in self._all(sql + " ORDER BY base, added, file", batch)]

    def prove(self, version: int, segments: Iterable[SegmentInfo]) -> None:
        """Write down what retention took. Within a transaction."""
        rows = ((version, s.day, s.rows, s.sha256) for s in segments)
        self._db.executemany("INSERT INTO dropped VALUES (?, ?, ?, ?)", rows)

    def dropped(self) -> list[Dropped]:
        """What retention took, and when."""
        sql = "SELECT version, at, day, rows, sha256 FROM dropped JOIN versions USING (version) ORDER BY version, day"
        return [Dropped(*row) for row in self._all(sql)]

    def gone_since(self, batch: int) -> tuple[bool, int | None]:
        """Whether a batch was withdrawn, and the last day that retention took after it came."""
        undone = self._one("SELECT 1 FROM undone WHERE batch = ?", batch) is not None
        return undone, self._one("SELECT max(day) FROM dropped WHERE version > ?", batch)[0]

    # persons

    def assign(self, pseudonyms: Sequence[bytes], names: bytes) -> U32:
        """(n,) dense numbers of pseudonyms (and `names`, the same joined). Within a transaction.

        New ones are dealt in order of appearance. The last list is remembered: batch after batch often has the same.
        """
        content = hashlib.sha256(names).digest()
        if self._assigned is not None and self._assigned[0] == content:
            return self._assigned[1]
        known = self.people()
        if self._numbers is None and len(pseudonyms) < known // _MANY:
            part = self._all_of("SELECT id, pseudonym FROM persons WHERE pseudonym IN", list(set(pseudonyms)))
            numbers, fresh = Numbers(part).assign(names, known)
        else:
            self._numbers = self._numbers or Numbers(self._all("SELECT id, pseudonym FROM persons"))
            numbers, fresh = self._numbers.assign(names, known)
        self._deal(known, [pseudonyms[i] for i in fresh.tolist()])
        self._assigned = content, numbers
        return numbers

    def _deal(self, known: int, pseudonyms: Sequence[bytes]) -> None:
        if known + len(pseudonyms) > PERSON_LIMIT:
            reason = f"a presence store holds at most {PERSON_LIMIT:,}"
            raise InvalidValue("persons", reason, "Split the area into several twins")
        anew = len(pseudonyms) > max(known, _BULK)  # then an index is made faster than it is kept
        if anew:
            self._db.execute("DROP INDEX persons_named")
        self._db.executemany("INSERT INTO persons VALUES (?, ?)", enumerate(pseudonyms, known))
        if anew:
            self._db.execute("CREATE UNIQUE INDEX persons_named ON persons (pseudonym)")

    def people(self) -> int:
        """The numbers dealt so far are below this; a number is never dealt again."""
        sql = "SELECT (SELECT people FROM versions ORDER BY version DESC LIMIT 1), (SELECT max(id) + 1 FROM persons)"
        return max(value or 0 for value in self._one(sql))

    def person(self, pseudonym: bytes) -> int:
        """The dense number of a pseudonym."""
        row = self._one("SELECT id FROM persons WHERE pseudonym = ?", pseudonym)
        if row is None:
            raise UnknownPerson("person", "no stay of this person is stored", "Check the identity and the import")
        return int(row[0])

    def numbers_of(self, pseudonyms: Sequence[bytes]) -> dict[bytes, int]:
        """The dense numbers of those pseudonyms that are known."""
        return dict(self._all_of("SELECT pseudonym, id FROM persons WHERE pseudonym IN", list(set(pseudonyms))))

    def pseudonyms(self, persons: Sequence[int]) -> list[bytes]:
        """The pseudonyms of dense numbers, in their order."""
        found = dict(self._all_of("SELECT id, pseudonym FROM persons WHERE id IN", persons))
        if any(person not in found for person in persons):
            raise UnknownPerson("person", "no person has this number", "Ask by pseudonym")
        return [found[person] for person in persons]

    def people_between(self, first: int, last: int) -> list[tuple[int, bytes]]:
        """(number, pseudonym) of everybody numbered first to last, without the last."""
        return self._all("SELECT id, pseudonym FROM persons WHERE id >= ? AND id < ?", first, last)

    def known(self) -> U32:
        """(n,) the numbers that have a pseudonym, ascending."""
        rows = self._all("SELECT id FROM persons ORDER BY id")
        return np.fromiter((row[0] for row in rows), dtype=np.uint32, count=len(rows))

    def forget_people(self, persons: Sequence[int]) -> None:
        """Delete pseudonyms and what was merged of them, in every version. Within a transaction."""
        rows = [(person,) for person in persons]
        self._db.executemany("DELETE FROM persons WHERE id = ?", rows)
        self._db.executemany("DELETE FROM merges WHERE person = ?1 OR represented = ?1", rows)
        self._numbers = self._assigned = self._named = None

    def merged(self) -> dict[int, int]:
        """Whom each merged number stands for now."""
        return dict(self._all("SELECT person, represented FROM merges WHERE ended IS NULL"))

    def merges_ever(self) -> list[tuple[int, int]]:
        """(number, whom it stands for) at any kept version."""
        return [tuple(row) for row in self._all("SELECT DISTINCT person, represented FROM merges")]

    def set_merged(self, merged: Mapping[int, int], version: int) -> None:
        """Let numbers stand for others from a version on, and only these. Within a transaction."""
        before = self.merged()
        ended = [(version, person) for person, of in before.items() if merged.get(person) != of]
        begun = [(person, of, version) for person, of in merged.items() if before.get(person) != of]
        self._db.executemany("UPDATE merges SET ended = ? WHERE person = ? AND ended IS NULL", ended)
        self._db.executemany("INSERT INTO merges VALUES (?, ?, ?, NULL)", begun)

    def totals(self) -> Totals:
        """Sums over everything that counts now."""
        with self._one_view():
            version = self.version()
            if self._named is None or self._named[0] != version:
                self._named = version, int(self._one("SELECT count(*) FROM persons")[0])
            days, segments, pieces, size, stays, base, until = self._one(
                "SELECT count(DISTINCT day), count(*), coalesce(sum(rows), 0), coalesce(sum(size), 0),"
                " coalesce(sum(stays), 0), min(base), max(until) FROM segments WHERE dropped IS NULL"
            )
            first, last = self._one("SELECT min(first), max(last) FROM versions")
            if not segments:
                return Totals(self._named[1], stays, None, None, days, segments, pieces, size)
            span = max(first, base), min(last, until)
            return Totals(self._named[1], stays, *span, days, segments, pieces, size)

    @contextmanager
    def _one_view(self) -> Iterator[None]:
        """Let several statements see one state of the file."""
        if self._inside == threading.get_ident():
            yield
            return
        with self._reading:
            self._reader.execute("BEGIN")
            try:
                yield
            finally:
                self._reader.execute("COMMIT")

    def _all_of(self, sql: str, values: Sequence[object]) -> list[Any]:
        """The rows for many values, of a statement that ends with IN."""
        rows = []
        for at in range(0, len(values), 500):
            chunk = values[at : at + 500]
            rows += self._all(f"{sql} ({','.join('?' * len(chunk))})", *chunk)
        return rows

    def _one(self, sql: str, *values: object) -> Any:
        return next(iter(self._all(sql, *values)), None)

    def _all(self, sql: str, *values: object) -> list[Any]:
        if self._inside == threading.get_ident():
            return self._db.execute(sql, values).fetchall()
        with self._reading:
            return self._reader.execute(sql, values).fetchall()
