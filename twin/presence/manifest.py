"""The manifest: which segments count, which batches came, who has which dense number. The only SQL of this package.

One transaction adds a batch: its persons, its segments, its key. The version counts transactions and is the snapshot
that every answer names; segments remember the version that added them, so that a question can be asked again as of an
earlier one.
"""

from __future__ import annotations

import errno
import hashlib
import os
import sqlite3
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from twin.errors import InvalidValue, UnknownPerson, UnreadableSource
from twin.presence.segments.record import PERSON_LIMIT
from twin.presence.segments.segment import SegmentInfo
from twin.types import U32

FILE = "manifest.sqlite"
FORMAT = 1

_SCHEMA = """
CREATE TABLE IF NOT EXISTS meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS persons (id INTEGER PRIMARY KEY, pseudonym BLOB NOT NULL UNIQUE);
CREATE TABLE IF NOT EXISTS segments (
    file TEXT PRIMARY KEY, day INTEGER NOT NULL, base INTEGER NOT NULL, until INTEGER NOT NULL,
    rows INTEGER NOT NULL, size INTEGER NOT NULL, sha256 BLOB NOT NULL,
    added INTEGER NOT NULL, dropped INTEGER
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS batches (
    key TEXT PRIMARY KEY, content BLOB NOT NULL, stays INTEGER NOT NULL, first INTEGER, last INTEGER,
    version INTEGER NOT NULL UNIQUE
) WITHOUT ROWID;
"""


_ERRNO = {
    sqlite3.SQLITE_FULL: errno.ENOSPC,
    sqlite3.SQLITE_READONLY: errno.EROFS,
    sqlite3.SQLITE_CANTOPEN: errno.EACCES,
    sqlite3.SQLITE_PERM: errno.EACCES,
}


@contextmanager
def _as_os_errors() -> Iterator[None]:
    """What SQLite says of the disk, as the disk itself would say it."""
    try:
        yield
    except sqlite3.OperationalError as error:
        code = _ERRNO.get(error.sqlite_errorcode & 255)
        if code is None:
            raise
        raise OSError(code, os.strerror(code)) from error


@dataclass(frozen=True, slots=True)
class BatchRecord:
    """A batch that was stored: the hash of its content, its number of stays, the version it made."""

    content: bytes
    stays: int
    version: int


@dataclass(frozen=True, slots=True)
class Totals:
    """Sums over everything that counts now."""

    people: int
    stays: int
    first: int | None
    last: int | None
    days: int
    segments: int
    pieces: int
    size: int


class Manifest:
    """One SQLite file. Safe to share between threads; one process at a time writes (the engine holds the lock)."""

    def __init__(self, folder: Path, *, zone: str, write: bool) -> None:
        self._lock = threading.RLock()
        self._assigned: tuple[bytes, U32] | None = None
        path = folder / FILE
        self._db = sqlite3.connect(path, timeout=30, isolation_level=None, check_same_thread=False)
        try:
            with _as_os_errors():
                self._prepare(zone, write)
            self.zone = str(self._one("SELECT value FROM meta WHERE name = 'zone'")[0])
            made = int(self._one("SELECT value FROM meta WHERE name = 'format'")[0])
        except (sqlite3.DatabaseError, TypeError) as error:
            self._db.close()
            raise UnreadableSource(str(path), "is not a presence manifest", "Restore the folder") from error
        except OSError:
            self._db.close()
            raise
        if made != FORMAT:
            self._db.close()
            raise UnreadableSource(str(path), f"has format {made}, this program reads {FORMAT}", "Update the program")

    def _prepare(self, zone: str, write: bool) -> None:
        self._db.execute("PRAGMA synchronous = FULL")
        if not write:
            self._db.execute("PRAGMA query_only = 1")
            return
        self._db.execute("PRAGMA journal_mode = WAL")
        self._db.executescript(_SCHEMA)
        self._db.execute("INSERT OR IGNORE INTO meta VALUES ('zone', ?), ('format', ?)", (zone, str(FORMAT)))

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._db.close()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All or nothing; durable when it ends. What was learnt on the way is forgotten when it fails."""
        with self._lock, _as_os_errors():
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield
                self._db.execute("COMMIT")
            except BaseException:
                if self._db.in_transaction:
                    self._db.execute("ROLLBACK")
                self._assigned = None
                raise

    def version(self) -> int:
        """The number of the last transaction; 0 for an empty store."""
        return int(self._one("SELECT coalesce(max(version), 0) FROM batches")[0])

    def batch(self, key: str) -> BatchRecord | None:
        """The batch stored under a key."""
        row = self._one("SELECT content, stays, version FROM batches WHERE key = ?", key)
        return BatchRecord(*row) if row else None

    def add_batch(self, version: int, key: str, content: bytes, stays: int, span: tuple[int, int] | None) -> None:
        """Record a batch and the version it makes. Within a transaction."""
        first, last = span or (None, None)
        self._db.execute("INSERT INTO batches VALUES (?, ?, ?, ?, ?, ?)", (key, content, stays, first, last, version))

    def add_segments(self, segments: Sequence[SegmentInfo], version: int) -> None:
        """Let segments count from a version on. Within a transaction."""
        rows = [(s.file, s.day, s.base, s.until, s.rows, s.size, s.sha256, version) for s in segments]
        self._db.executemany("INSERT INTO segments VALUES (?, ?, ?, ?, ?, ?, ?, ?, NULL)", rows)

    def segments(self, version: int) -> list[SegmentInfo]:
        """The segments that count at a version, by time."""
        rows = self._all(
            "SELECT file, day, base, until, rows, size, sha256 FROM segments"
            " WHERE added <= ? AND (dropped IS NULL OR dropped > ?) ORDER BY base, added, file",
            version,
            version,
        )
        return [SegmentInfo(*row) for row in rows]

    def files(self) -> set[str]:
        """Every file that some version still names."""
        return {row[0] for row in self._all("SELECT file FROM segments")}

    def assign(self, pseudonyms: Sequence[bytes]) -> U32:
        """(n,) dense numbers of pseudonyms, new ones dealt in order of appearance. Within a transaction.

        The last list is remembered: batch after batch usually names the same people.
        """
        names = hashlib.sha256(b"".join(pseudonyms)).digest()
        if self._assigned is None or self._assigned[0] != names:
            self._assigned = names, self._look_up(pseudonyms)
        return self._assigned[1]

    def _look_up(self, pseudonyms: Sequence[bytes]) -> U32:
        db = self._db
        db.execute("CREATE TEMP TABLE IF NOT EXISTS wanted (position INTEGER PRIMARY KEY, pseudonym BLOB NOT NULL)")
        db.execute("DELETE FROM wanted")
        db.executemany("INSERT INTO wanted VALUES (?, ?)", enumerate(pseudonyms))
        known = self.people()
        db.execute(
            "INSERT INTO persons SELECT ? + row_number() OVER (ORDER BY position) - 1, pseudonym FROM ("
            " SELECT min(position) AS position, pseudonym FROM wanted"
            " WHERE pseudonym NOT IN (SELECT pseudonym FROM persons) GROUP BY pseudonym)",
            (known,),
        )
        if self.people() > PERSON_LIMIT:
            raise InvalidValue(
                "persons", f"a presence store holds at most {PERSON_LIMIT:,}", "Split the area into several twins"
            )
        rows = db.execute("SELECT id FROM wanted JOIN persons USING (pseudonym) ORDER BY position").fetchall()
        db.execute("DELETE FROM wanted")
        return np.fromiter((row[0] for row in rows), dtype=np.uint32, count=len(rows))

    def people(self) -> int:
        """How many persons are known; their numbers are 0 up to that."""
        return int(self._one("SELECT coalesce(max(id) + 1, 0) FROM persons")[0])

    def person(self, pseudonym: bytes) -> int:
        """The dense number of a pseudonym."""
        row = self._one("SELECT id FROM persons WHERE pseudonym = ?", pseudonym)
        if row is None:
            raise UnknownPerson("person", "no stay of this person is stored", "Check the identity and the import")
        return int(row[0])

    def pseudonyms(self, persons: Sequence[int]) -> list[bytes]:
        """The pseudonyms of dense numbers, in their order."""
        found: dict[int, bytes] = {}
        for at in range(0, len(persons), 500):
            chunk = persons[at : at + 500]
            marks = ",".join("?" * len(chunk))
            found.update(self._all(f"SELECT id, pseudonym FROM persons WHERE id IN ({marks})", *chunk))
        if any(person not in found for person in persons):
            raise UnknownPerson("person", "no person has this number", "Ask by pseudonym")
        return [found[person] for person in persons]

    def totals(self) -> Totals:
        """Sums over everything that counts now."""
        stays, first, last = self._one("SELECT coalesce(sum(stays), 0), min(first), max(last) FROM batches")
        days, segments, pieces, size = self._one(
            "SELECT count(DISTINCT day), count(*), coalesce(sum(rows), 0), coalesce(sum(size), 0)"
            " FROM segments WHERE dropped IS NULL"
        )
        return Totals(self.people(), stays, first, last, days, segments, pieces, size)

    def _one(self, sql: str, *values: object) -> Any:
        with self._lock:
            return self._db.execute(sql, values).fetchone()

    def _all(self, sql: str, *values: object) -> list[Any]:
        with self._lock:
            return self._db.execute(sql, values).fetchall()
