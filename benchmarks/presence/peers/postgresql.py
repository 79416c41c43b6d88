"""PostgreSQL 15: one table clustered by place, with covering b-trees on (place, start) and (person, start).

Set-up: a real server on a socket (1 GB of shared buffers, no JIT, statistics up to date, planner told that random
pages are cached). Stays arrive by `COPY ... BINARY` into an unlogged staging table; `CREATE TABLE ... AS ... ORDER BY
place, start` clusters them, two indexes that include every other column asked for make index-only scans possible,
`VACUUM (ANALYZE)` lets them happen. Both orders and the table itself count as size.

Question: own stays by the index on (person, start), then one of these; the best one counts.
- ranges: the probes as arrays, each an index range scan by `LATERAL` join
- places: the probes spelled out as single places, so that both columns of the index bound the scan
- places, a day back: the same without the longest stay of each place, to show what that table is worth
Then the time together per person: a sum first, which bounds it from above, and the union of the intervals, by a
running maximum of ends, for those alone who can reach the least time.

Place keys are `bigint`: those of the area have their highest bit clear.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path

import numpy as np
import psycopg

from benchmarks.postgres import serving
from benchmarks.presence.peers.peer import LEAST_S, Pairs, Peer, Shape
from benchmarks.presence.peers.probes import OwnStays, PlaceTable, Probes, a_day_back
from twin.presence import StayBatch
from twin.types import Window

_OPTIONS = {
    "shared_buffers": "1GB",
    "work_mem": "256MB",
    "maintenance_work_mem": "1GB",
    "effective_cache_size": "8GB",
    "random_page_cost": "1.1",
    "jit": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "max_wal_size": "8GB",
}
_COLUMNS = 'person int, place bigint, "start" int, "end" int, source smallint, quality smallint'
_FIELDS = (("person", ">i4"), ("place", ">i8"), ("start", ">i4"), ("end", ">i4"), ("source", ">i2"), ("quality", ">i2"))
_COPY_HEAD = b"PGCOPY\n\xff\r\n\0" + bytes(8)
_COPY_TAIL = b"\xff\xff"
_COPY_ROWS = 1 << 20
_INDEXES = (
    'CREATE INDEX by_place ON stays (place, "start") INCLUDE ("end", person)',
    'CREATE INDEX by_person ON stays (person, "start") INCLUDE ("end", place)',
)
_HITS = {
    "ranges": "place >= p.lo AND place < p.hi",
    "places": "place = p.lo",
}
_QUESTION = f"""
WITH hits AS MATERIALIZED (
    SELECT h.person, greatest(h."start", p.s) AS s, least(h."end", p.e) AS e
    FROM unnest(%s::bigint[], %s::bigint[], %s::int[], %s::int[], %s::int[]) AS p(lo, hi, since, s, e)
    CROSS JOIN LATERAL (SELECT person, "start", "end" FROM stays
        WHERE {{where}} AND "start" > p.since AND "start" < p.e AND "end" > p.s) AS h
    WHERE h.person <> %s),
able AS (SELECT person FROM hits GROUP BY person HAVING sum(e - s) >= {LEAST_S}),
laid AS (
    SELECT person, s, e, max(e) OVER (
        PARTITION BY person ORDER BY s, e ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS until
    FROM hits WHERE person IN (SELECT person FROM able))
SELECT person, sum(greatest(e, coalesce(until, s)) - greatest(s, coalesce(until, s))) AS together
FROM laid GROUP BY person HAVING sum(greatest(e, coalesce(until, s)) - greatest(s, coalesce(until, s))) >= {LEAST_S}
"""


class Postgres(Peer):
    """One server over a folder."""

    def __init__(self, folder: Path) -> None:
        folder.chmod(0o711)  # the server runs as another user where we are root
        self._stack = ExitStack()
        try:
            socket = self._stack.enter_context(serving(folder / "data", _OPTIONS))
            access = psycopg.connect(host=str(socket), user="postgres", dbname="postgres", autocommit=True)
            self._db = self._stack.enter_context(access)
        except BaseException:
            self._stack.close()
            raise
        self.label = f"PostgreSQL {self._db.info.server_version // 10000}"

    def create(self) -> None:  # noqa: D102
        self._db.execute(f"CREATE UNLOGGED TABLE staged ({_COLUMNS})")

    def add(self, batch: StayBatch) -> None:  # noqa: D102
        with self._db.cursor() as cursor, cursor.copy("COPY staged FROM STDIN (FORMAT BINARY)") as copy:
            copy.write(_COPY_HEAD)
            for at in range(0, len(batch), _COPY_ROWS):
                copy.write(_binary(batch, slice(at, at + _COPY_ROWS)))
            copy.write(_COPY_TAIL)

    def finish(self) -> None:  # noqa: D102
        self._db.execute('CREATE TABLE stays AS SELECT * FROM staged ORDER BY place, "start"')
        self._db.execute("DROP TABLE staged")
        for index in _INDEXES:
            self._db.execute(index)
        self._db.execute("VACUUM (ANALYZE) stays")
        self._db.execute("CHECKPOINT")

    def size(self) -> int:  # noqa: D102
        row = self._db.execute("SELECT pg_total_relation_size('stays')").fetchone()
        assert row is not None
        return int(row[0])

    def places(self) -> PlaceTable:  # noqa: D102
        with self._db.cursor() as cursor:
            cursor.execute('SELECT place, max("end" - "start") FROM stays GROUP BY place ORDER BY place')
            found = np.array(cursor.fetchall(), dtype=np.int64).reshape(-1, 2)
        return PlaceTable(found[:, 0].astype(np.uint64), found[:, 1].copy())

    def own(self, person: int, window: Window) -> OwnStays:  # noqa: D102
        rows = self._db.execute(
            'SELECT place, "start", "end" FROM stays WHERE person = %s AND "start" < %s AND "end" > %s',
            (person, window.end, window.start),
        ).fetchall()
        found = np.array(rows, dtype=np.int64).reshape(-1, 3)
        return OwnStays(found[:, 0].astype(np.uint64), found[:, 1].copy(), found[:, 2].copy())

    def shapes(self) -> Mapping[str, Shape]:  # noqa: D102
        return {
            "ranges": lambda person, ranges, spelled: self._together("ranges", person, ranges),
            "places": lambda person, ranges, spelled: self._together("places", person, spelled),
            "places, a day back": lambda person, ranges, spelled: self._together("places", person, a_day_back(spelled)),
        }

    def close(self) -> None:  # noqa: D102
        self._stack.close()

    def _together(self, shape: str, person: int, probes: Probes) -> Pairs:
        columns = [column.tolist() for column in probes]
        question = _QUESTION.format(where=_HITS[shape])
        return [(who, int(together)) for who, together in self._db.execute(question, (*columns, person)).fetchall()]


def _binary(batch: StayBatch, rows: slice) -> bytes:
    """Rows as PostgreSQL's binary COPY wants them: a count of fields, then length and big-endian value of each."""
    kinds: list[tuple[str, str]] = [("fields", ">i2")]
    for name, kind in _FIELDS:
        kinds += [(f"{name} length", ">i4"), (name, kind)]
    part = np.empty(len(batch.start[rows]), dtype=kinds)
    part["fields"] = len(_FIELDS)
    for name, kind in _FIELDS:
        part[f"{name} length"] = np.dtype(kind).itemsize
        part[name] = getattr(batch, name)[rows]
    return part.tobytes()
