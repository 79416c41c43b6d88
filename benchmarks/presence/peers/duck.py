"""DuckDB: two tables, one sorted by (place, start), one by (person, start).

Set-up: stays arrive as Arrow tables over the generated columns, part by part, in a file that is thrown away; then
`CREATE TABLE ... AS SELECT ... ORDER BY` makes each table whole and sorted, so that its row groups cover short ranges
of places and its zone maps skip all others. Two threads, 8 GB of memory.

Question: own stays from `by_person`, then one of these over `by_place`; the best one counts.
- one scan each: a `UNION ALL` of one scan per probe, every bound a constant, so that each scan prunes by itself
- any of ranges: one scan with an `OR` of all bounds, its rows joined with the probes afterwards
- join by place: the probes spelled out as single places in a table, an equality join whose filter DuckDB pushes into
  the scan
- join by place, a day at a time: the same once per day, so that each scan is bounded in time as well
Then the time together per person: a sum first, which bounds it from above, and the union of the intervals, by a
running maximum of ends, for those alone who can reach the least time.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from benchmarks.presence.peers.peer import LEAST_S, Pairs, Peer, Shape
from benchmarks.presence.peers.probes import OwnStays, PlaceTable, Probes, by_day, rows_of
from twin.presence import StayBatch
from twin.types import Window

_COLUMNS = 'person UINTEGER, place UBIGINT, "start" UINTEGER, "end" UINTEGER, source UTINYINT, quality UTINYINT'
_UNION = f"""
WITH hits AS MATERIALIZED ({{hits}}),
able AS (SELECT person FROM hits GROUP BY person HAVING sum(e - s) >= {LEAST_S}),
laid AS (
    SELECT person, s, e, max(e) OVER (
        PARTITION BY person ORDER BY s, e ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS until
    FROM hits SEMI JOIN able USING (person))
SELECT person, sum(greatest(e, coalesce(until, s)) - greatest(s, coalesce(until, s)))::BIGINT AS together
FROM laid GROUP BY person HAVING together >= {LEAST_S}
"""


class Duck(Peer):
    """One database file."""

    def __init__(self, folder: Path) -> None:
        self._file = folder / "stays.duckdb"
        self._staged = folder / "staged.duckdb"
        config: dict[str, Any] = {"threads": os.cpu_count() or 1, "memory_limit": "8GB"}
        self._db = duckdb.connect(str(self._file), config=config | {"temp_directory": str(folder / "spill")})
        self._do("SET enable_progress_bar = false")  # it goes to where the report goes
        self.label = f"DuckDB {duckdb.__version__}"

    def create(self) -> None:  # noqa: D102
        self._staged.unlink(missing_ok=True)
        self._do(f"ATTACH '{self._staged}' AS staged")
        self._do(f"CREATE TABLE staged.stays ({_COLUMNS})")

    def add(self, batch: StayBatch) -> None:  # noqa: D102
        names = ("person", "place", "start", "end", "source", "quality")
        self._db.register("part", pa.table({name: getattr(batch, name) for name in names}))
        self._do("INSERT INTO staged.stays SELECT * FROM part")
        self._db.unregister("part")

    def finish(self) -> None:  # noqa: D102
        for by in ("place", "person"):
            self._do(f'CREATE TABLE by_{by} AS SELECT * FROM staged.stays ORDER BY {by}, "start"')
        self._do("CHECKPOINT")
        self._do("DETACH staged")
        self._staged.unlink()

    def size(self) -> int:  # noqa: D102
        return self._file.stat().st_size

    def places(self) -> PlaceTable:  # noqa: D102
        found = self._do(
            'SELECT place, max("end" - "start")::BIGINT AS longest FROM by_place GROUP BY place ORDER BY place'
        ).fetchnumpy()
        return PlaceTable(found["place"], found["longest"])

    def own(self, person: int, window: Window) -> OwnStays:  # noqa: D102
        found = self._do(
            'SELECT place, "start"::BIGINT AS s, "end"::BIGINT AS e FROM by_person'
            f' WHERE person = {person} AND "start" < {window.end} AND "end" > {window.start}'
        ).fetchnumpy()
        return OwnStays(found["place"], found["s"], found["e"])

    def shapes(self) -> Mapping[str, Shape]:  # noqa: D102
        return {
            "one scan each": self._scans,
            "any of ranges": self._ranges,
            "join by place": self._join,
            "join by place, a day at a time": self._days,
        }

    def close(self) -> None:  # noqa: D102
        self._db.close()

    def _do(self, sql: str) -> Any:
        try:
            return self._db.execute(sql)
        except RuntimeError as error:
            if "interrupted" in str(error):  # DuckDB's word for Ctrl-C
                raise KeyboardInterrupt from error
            raise

    def _scans(self, person: int, ranges: Probes, spelled: Probes) -> Pairs:
        scans = [
            f'SELECT person, greatest("start", {start}) AS s, least("end", {end}) AS e FROM by_place'
            f' WHERE place >= {lo} AND place < {hi} AND "start" > {since} AND "start" < {end} AND "end" > {start}'
            f" AND person <> {person}"
            for lo, hi, since, start, end in rows_of(ranges)
        ]
        return self._united(" UNION ALL ".join(scans))

    def _ranges(self, person: int, ranges: Probes, spelled: Probes) -> Pairs:
        rows = rows_of(ranges)
        any_of = " OR ".join(
            f'(place >= {lo} AND place < {hi} AND "start" > {since} AND "start" < {end} AND "end" > {start})'
            for lo, hi, since, start, end in rows
        )
        return self._united(
            f'SELECT person, greatest("start", ps) AS s, least("end", pe) AS e FROM (VALUES {_values(rows)})'
            f" AS probes(lo, hi, since, ps, pe) JOIN (SELECT * FROM by_place WHERE ({any_of})"
            f' AND person <> {person}) ON place >= lo AND place < hi AND "start" < pe AND "end" > ps'
        )

    def _join(self, person: int, ranges: Probes, spelled: Probes) -> Pairs:
        return self._united(_joined(person, spelled))

    def _days(self, person: int, ranges: Probes, spelled: Probes) -> Pairs:
        return self._united(" UNION ALL ".join(_joined(person, probes) for probes in by_day(spelled)))

    def _united(self, hits: str) -> Pairs:
        pairs: Pairs = self._do(_UNION.format(hits=hits)).fetchall()
        return pairs


def _joined(person: int, spelled: Probes) -> str:
    first, last = int(spelled.since.min()), int(spelled.end.max())
    return (
        'SELECT person, greatest("start", ps) AS s, least("end", pe) AS e FROM by_place JOIN (SELECT lo::UBIGINT'
        f" AS place, since, ps, pe FROM (VALUES {_values(rows_of(spelled))}) AS probes(lo, hi, since, ps, pe))"
        f' USING (place) WHERE "start" > {first} AND "start" < {last} AND "start" > since AND "start" < pe'
        f' AND "end" > ps AND person <> {person}'
    )


def _values(rows: list[tuple[int, ...]]) -> str:
    return ", ".join(f"({', '.join(map(str, row))})" for row in rows)
