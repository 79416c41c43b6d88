"""ClickHouse, embedded through chDB: two MergeTree tables, ordered by (place, start) and by (person, start).

Set-up: stays arrive as Arrow tables over the generated columns, part by part, into both tables. Each column has a codec
of its own: delta for what is sorted, then ZSTD, as quick here as LZ4 in two thirds of its room. Granules
have 1,024 rows, for a narrow range has to read whole ones. `OPTIMIZE ... FINAL` merges each table into one sorted part.

Question: own stays from `by_person`, then one of these over `by_place`; the best one counts.
- any of ranges: one scan with an `OR` of all bounds, which the primary index takes apart, joined with the probes
- places in a set: one scan with `place IN (...)` and the bounds of the window, joined by place with the probes
- places in a set, a day at a time: the same once per day, so that each scan is bounded in time as well
- one scan each: a `UNION ALL` of one scan per probe, every bound a constant
Then the time together per person: `intervalLengthSum`, which is the union of the intervals.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from chdb.session import Session

from benchmarks.presence.peers.peer import LEAST_S, Pairs, Peer, Shape, folder_size
from benchmarks.presence.peers.probes import OwnStays, PlaceTable, Probes, by_day, rows_of
from twin.presence import StayBatch
from twin.types import Window

_TABLE = """
CREATE TABLE stays.by_{by} (
    person UInt32 CODEC({person}), place UInt64 CODEC({place}), start UInt32 CODEC(Delta, ZSTD(1)),
    end UInt32 CODEC(Delta, ZSTD(1)), source UInt8, quality UInt8
) ENGINE = MergeTree ORDER BY ({by}, start) SETTINGS index_granularity = 1024
"""
_CODECS = {
    "place": {"person": "ZSTD(1)", "place": "Delta, ZSTD(1)"},
    "person": {"person": "Delta, ZSTD(1)", "place": "ZSTD(1)"},
}
_CLIPPED = "greatest(start, {start}) AS s, least(end, {end}) AS e"


class ClickHouse(Peer):
    """One embedded server over a folder; a process can hold one at a time."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder / "server"
        self._session = Session(str(self._folder))
        version = self._ask("SELECT version() AS v").column("v")[0].as_py()
        self.label = f"ClickHouse {version} (chDB)"

    def create(self) -> None:  # noqa: D102
        self._do("CREATE DATABASE stays")
        for by, codecs in _CODECS.items():
            self._do(_TABLE.format(by=by, **codecs))

    def add(self, batch: StayBatch) -> None:  # noqa: D102
        names = ("person", "place", "start", "end", "source", "quality")
        part = pa.table({name: getattr(batch, name) for name in names})  # noqa: F841 - chDB finds it by its name
        for by in _CODECS:
            self._session.query(f"INSERT INTO stays.by_{by} SELECT * FROM Python(part)")

    def finish(self) -> None:  # noqa: D102
        for by in _CODECS:
            self._do(f"OPTIMIZE TABLE stays.by_{by} FINAL")

    def size(self) -> int:  # noqa: D102
        counted = self._ask("SELECT sum(bytes_on_disk) AS n FROM system.parts WHERE active AND database = 'stays'")
        return int(counted.column("n")[0].as_py()) if counted.num_rows else folder_size(self._folder)

    def places(self) -> PlaceTable:  # noqa: D102
        found = self._ask(
            "SELECT place, toInt64(max(end - start)) AS longest FROM stays.by_place GROUP BY place ORDER BY place"
        )
        return PlaceTable(found.column("place").to_numpy(), found.column("longest").to_numpy())

    def own(self, person: int, window: Window) -> OwnStays:  # noqa: D102
        found = self._ask(
            f"SELECT place, start, end FROM stays.by_person WHERE person = {person} AND start < {window.end}"
            f" AND end > {window.start}"
        )
        return OwnStays(
            found.column("place").to_numpy(),
            found.column("start").to_numpy().astype(np.int64),
            found.column("end").to_numpy().astype(np.int64),
        )

    def shapes(self) -> Mapping[str, Shape]:  # noqa: D102
        return {
            "any of ranges": self._ranges,
            "places in a set": self._places,
            "places in a set, a day at a time": self._days,
            "one scan each": self._scans,
        }

    def close(self) -> None:  # noqa: D102
        self._session.close()

    def _ranges(self, person: int, ranges: Probes, spelled: Probes) -> Pairs:
        any_of = " OR ".join(
            f"(place >= {lo} AND place < {hi} AND start > {since} AND start < {end})"
            for lo, hi, since, start, end in rows_of(ranges)
        )
        return self._united(_joined(any_of, person, spelled))

    def _places(self, person: int, ranges: Probes, spelled: Probes) -> Pairs:
        return self._united(_joined(_in_set(spelled), person, spelled))

    def _days(self, person: int, ranges: Probes, spelled: Probes) -> Pairs:
        return self._united(" UNION ALL ".join(_joined(_in_set(day), person, day) for day in by_day(spelled)))

    def _scans(self, person: int, ranges: Probes, spelled: Probes) -> Pairs:
        scans = [
            f"SELECT person, {_CLIPPED.format(start=start, end=end)} FROM stays.by_place WHERE place >= {lo}"
            f" AND place < {hi} AND start > {since} AND start < {end} AND end > {start} AND person != {person}"
            for lo, hi, since, start, end in rows_of(ranges)
        ]
        return self._united(" UNION ALL ".join(scans))

    def _united(self, hits: str) -> Pairs:
        found = self._ask(
            f"SELECT person, toUInt64(intervalLengthSum(s, e)) AS together FROM ({hits}) GROUP BY person"
            f" HAVING together >= {LEAST_S} SETTINGS max_query_size = 100000000, max_ast_elements = 1000000,"
            " max_expanded_ast_elements = 1000000"
        )
        return list(zip(found.column("person").to_pylist(), found.column("together").to_pylist(), strict=True))

    def _do(self, sql: str) -> None:
        self._session.query(sql)

    def _ask(self, sql: str) -> Any:
        return self._session.query(sql, "ArrowTable")


def _in_set(spelled: Probes) -> str:
    places = ", ".join(map(str, np.unique(spelled.lo).tolist()))
    return f"place IN ({places}) AND start > {int(spelled.since.min())} AND start < {int(spelled.end.max())}"


def _joined(where: str, person: int, spelled: Probes) -> str:
    columns = [f"[{', '.join(map(str, column.tolist()))}]" for column in (spelled.lo, spelled.start, spelled.end)]
    return (
        f"SELECT person, {_CLIPPED.format(start='ps', end='pe')} FROM (SELECT person, place, start, end"
        f" FROM stays.by_place WHERE ({where}) AND person != {person}) AS h ALL INNER JOIN"
        f" (SELECT toUInt64(p.1) AS place, p.2 AS ps, p.3 AS pe FROM"
        f" (SELECT arrayJoin(arrayZip({', '.join(columns)})) AS p)) AS q USING (place) WHERE start < pe AND end > ps"
    )
