"""Compaction beside everything else, days dropped and persons erased for good, and a check that finds any damage."""

from __future__ import annotations

import errno
import os
import random
import threading
import time
from collections.abc import Callable
from datetime import date
from itertools import count
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from tests.twin.presence.city import DAY_S, stays
from tests.twin.presence.oracle import S
from tests.twin.presence.test_store import DAY, NOON, TWO, ZONE, writer
from tests.twin.presence.worlds import PLACES, batch, name
from twin.errors import DiskFull, InvalidValue, UnknownPerson
from twin.presence import KeyRanges, Presence
from twin.presence.segments import pieces, segment
from twin.presence.segments.segment import SegmentInfo
from twin.presence.writing import compacting
from twin.presence.writing.compacting import FEW, ripe, worth_merging
from twin.types import Window

MIDNIGHT = NOON // DAY_S * DAY_S - 8 * 3600
EVERYWHERE = KeyRanges.of([(0, 1 << 63)])
ODD = 0xA1B2C3D4E5F60718293A4B5C6D7E8F90
"""Somebody whose pseudonym is not in a file by chance."""


def quiet(folder: Path) -> Presence:
    """A writer that compacts only when told to."""
    return Presence.open(folder, zone=ZONE, write=True, upkeep=False)


def cities(presence: Presence, batches: int) -> None:
    for seed in range(batches):
        presence.ingest(stays(300, 2, MIDNIGHT, seed=seed), key=f"{seed}")


def test_compaction_changes_no_answer(tmp_path: Path) -> None:
    window = Window(MIDNIGHT - DAY_S, MIDNIGHT + 3 * DAY_S)
    with quiet(tmp_path) as presence:
        cities(presence, 5)
        answer, before = presence.companions([7], window, limit=None), presence.stats()
        told: list[tuple[int, int]] = []
        done = presence.compact(progress=lambda done, total: told.append((done, total)))
        after = presence.stats()
        assert (done.before, done.after, done.rows) == (before.segments, after.segments, before.pieces)
        assert (after.pieces, after.stays, after.people) == (before.pieces, before.stays, before.people)
        assert (before.segments, after.segments) == (10, 2)
        assert told[-1] == (before.pieces, before.pieces)
        for as_of in (None, before.snapshot):
            assert presence.companions([7], window, limit=None, as_of=as_of).rows == answer.rows
        assert presence.compact().rows == 0, "there is nothing left to do"
        assert presence.verify(deep=True) == []


def test_compaction_can_be_stopped(tmp_path: Path) -> None:
    def stop(done: int, total: int) -> None:
        raise KeyboardInterrupt

    with quiet(tmp_path) as presence:
        cities(presence, 3)
        with pytest.raises(KeyboardInterrupt):
            presence.compact(progress=stop)
        assert presence.stats().segments == 1 + 3, "one day is done, the other as it was"
        assert presence.verify(deep=True) == []
        assert presence.compact().after == 2


def test_segments_apart_by_their_limits_stay_apart(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pieces, "COUNT_LIMIT", 4)
    many = [S(i % 2, PLACES[i % 3], NOON + i, NOON + i + 1, source=i) for i in range(36)]
    with quiet(tmp_path) as presence:
        for part in range(4):
            presence.ingest(batch(many[part::4]), key=f"{part}")
        presence.compact()
        segments = presence.stats().segments
        assert segments >= 3
        assert presence.compact().rows == 0
        assert presence.verify(deep=True) == []
        assert len(presence.trajectory(0, DAY).rows) + len(presence.trajectory(1, DAY).rows) == 36


def test_rows_are_rewritten_a_few_times_only() -> None:
    """Batches of any size, a thousand on one day: how often a row is written, how many segments there are."""
    chance = random.Random(3)
    for sizes in (lambda: 10_000, lambda: int(10 ** chance.uniform(1, 5)), lambda: chance.choice([100, 100_000])):
        live: dict[str, int] = {}
        built: dict[str, str] = {}
        names = map(str, count())
        stored = written = most = 0
        for _ in range(1000):
            live[file := next(names)] = rows = sizes()
            stored, written = stored + rows, written + rows
            built[file] = file
            while groups := ripe([info(file, rows) for file, rows in live.items()], built):
                merged = sum(live.pop(part.file) for part in groups[0])
                live[file := next(names)] = merged
                built[file] = file
                written += merged
            most = max(most, len(live))
        assert written / stored < 6
        assert most < 5 * FEW


def info(file: str, rows: int) -> SegmentInfo:
    return SegmentInfo(file, 0, 0, DAY_S, rows, rows, 12 * rows, b"")


@pytest.mark.parametrize(
    ("rows", "merged"),
    [
        ([400, 300, 5], [[5, 300, 400]]),
        ([990, 980, 10, 5], [[5, 10, 980]]),  # one of the full ones is enough
        ([900, 990, 40], [[40, 900]]),
        ([950, 950, 950], []),
        ([950, 950], [[950, 950]]),  # no fewer, but each place in one of them
        ([501, 501, 501, 501], [[501, 501, 501]]),
        ([400] * 12, [[400] * 5, [400] * 5, [400] * 2]),
        ([700], []),
    ],
)
def test_as_few_segments_as_can_be(monkeypatch: pytest.MonkeyPatch, rows: list[int], merged: list[list[int]]) -> None:
    monkeypatch.setattr(pieces, "ROW_LIMIT", 1000)
    segments = [info(str(i), count) for i, count in enumerate(rows)]
    built = {str(i): str(i) for i in range(len(rows))}
    assert [[part.rows for part in group] for group in worth_merging(segments, built)] == merged
    assert worth_merging(segments, dict.fromkeys(built, "one build")) == []


def test_the_background_compacts_while_others_ask_and_store(tmp_path: Path) -> None:
    with writer(tmp_path) as presence:
        presence.ingest(stays(300, 1, MIDNIGHT), key="city")
        asking = threading.Event()
        wrong: list[object] = []
        expected = presence.companions([7], DAY, limit=None).rows

        def ask() -> None:
            while not asking.is_set():
                rows = presence.companions([7], DAY, limit=None).rows
                if rows != expected:
                    wrong.append(rows)

        thread = threading.Thread(target=ask)
        thread.start()
        for number in range(60):
            presence.ingest(batch([S(1000, PLACES[8], MIDNIGHT + number, MIDNIGHT + number + 1)]), key=f"{number}")
        deadline = time.monotonic() + 20
        while presence.stats().segments > 3 * FEW and time.monotonic() < deadline:
            time.sleep(0.01)
        asking.set()
        thread.join()
        assert not wrong
        assert presence.stats().segments <= 3 * FEW
        assert presence.stats().stays == 300 * 7 + 60
        assert presence.verify(deep=True) == []
        assert any(version.kind == "compaction" for version in presence.versions())


def test_the_background_keeps_as_many_versions_as_told(tmp_path: Path) -> None:
    with pytest.raises(InvalidValue, match="keep_versions"):
        Presence.open(tmp_path, zone=ZONE, write=True, keep_versions=-1)
    with Presence.open(tmp_path, zone=ZONE, write=True, keep_versions=2) as presence:
        for number in range(3 * FEW):
            presence.ingest(batch([S(1, PLACES[8], MIDNIGHT + number, MIDNIGHT + number + 1)]), key=f"{number}")
        deadline = time.monotonic() + 20
        while presence.versions()[0].kept and time.monotonic() < deadline:
            time.sleep(0.01)
    with quiet(tmp_path) as presence:
        assert not presence.versions()[0].kept
        assert presence.versions()[-3].kept
        assert presence.verify(deep=True) == []


def test_a_compaction_overtaken_by_a_withdrawal_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with quiet(tmp_path) as presence:
        cities(presence, 3)
        exchange = compacting.Merging._exchange

        def late(self: compacting.Merging, *args: object) -> bool:
            monkeypatch.setattr(compacting.Merging, "_exchange", exchange)
            presence.withdraw(batch="1", key="w", reason="meanwhile")
            return exchange(self, *args)  # type: ignore[arg-type]

        monkeypatch.setattr(compacting.Merging, "_exchange", late)
        presence.compact()
        assert presence.stats().stays == 2 * 300 * 7 * 2
        assert presence.verify(deep=True) == [], "no file is left behind"


def test_a_full_disk_keeps_what_is_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(self: object, data: object) -> int:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with quiet(tmp_path) as presence:
        cities(presence, 2)
        before, rows = presence.stats(), presence.companions([7], DAY, limit=None).rows
        changes: list[Callable[[], object]] = [
            presence.compact,
            lambda: presence.withdraw(stays=batch([S(7, PLACES[0], 1, 2)]), key="none", reason=""),
            lambda: presence.withdraw(person=(7).to_bytes(16, "big"), key="e", reason=""),
            lambda: presence.correct(batch([]), batch(TWO), key="c", reason=""),
        ]
        with monkeypatch.context() as disk:
            disk.setattr(segment._Hashing, "write", full)
            for change in changes[:1] + changes[2:]:
                with pytest.raises(DiskFull):
                    change()
        assert presence.stats() == before
        assert presence.verify(deep=True) == []
        assert presence.companions([7], DAY, limit=None).rows == rows
        for change in changes:
            change()


def test_days_are_dropped_for_good(tmp_path: Path) -> None:
    early = batch([S(ODD, PLACES[1], NOON, NOON + 60)])
    late = batch([S(2, PLACES[1], NOON + DAY_S, NOON + DAY_S + 60)])
    night = batch([S(3, PLACES[1], NOON, NOON + DAY_S)])
    with writer(tmp_path) as presence:
        presence.ingest(early, key="early")
        presence.ingest(late, key="late")
        presence.ingest(night, key="night")
        digests = {path.name: segment.file_checksum(path) for path in tmp_path.glob("*.arrow")}
        assert presence.drop_days(date(2024, 3, 10)).version == 3, "nothing is older"
        gone = presence.drop_days(date(2024, 3, 11), reason="two weeks are over")
        assert (gone.days, gone.records, gone.stays, gone.people) == (1, 2, 2, 1)
        left = {path.name for path in tmp_path.glob("*.arrow")}
        assert len(left) == 2
        proof = presence.dropped()
        assert {entry.sha256 for entry in proof} == {digests[file] for file in digests.keys() - left}
        assert [(entry.version, entry.day, entry.rows) for entry in proof] == [(4, 19792, 1)] * 2
        assert abs(proof[0].at - time.time()) < 60
        assert presence.versions()[-1].reason == "two weeks are over"
        with pytest.raises(UnknownPerson):
            presence.person(name(ODD))
        for as_of in (1, 3, None):
            assert presence.visitors(EVERYWHERE, Window(0, NOON + 43_200), as_of=as_of).total == 0
        assert presence.stats().first == MIDNIGHT + DAY_S
        again = {"early": early, "late": late, "night": night}
        receipts = [presence.ingest(stays, key=key) for key, stays in again.items()]
        assert [(r.repeated, r.gone) for r in receipts] == [(True, "dropped"), (True, None), (True, "partly dropped")]
        assert presence.verify(deep=True) == []
    assert no_trace(tmp_path, name(ODD))


def test_an_evening_is_not_a_stay_that_ends_at_midnight(tmp_path: Path) -> None:
    night = S(1, PLACES[1], NOON, MIDNIGHT + DAY_S + 3600)
    evening, morning = (
        S(1, PLACES[1], NOON, MIDNIGHT + DAY_S),
        S(1, PLACES[1], MIDNIGHT + DAY_S, MIDNIGHT + DAY_S + 3600),
    )
    with quiet(tmp_path) as presence:
        presence.ingest(batch([night]), key="a")
        assert presence.withdraw(stays=batch([evening, morning]), key="w", reason="").absent == 2
        presence.ingest(batch([evening, morning]), key="b")
        presence.compact()
        assert presence.withdraw(stays=batch([night]), key="w2", reason="").removed == 1
        assert presence.stats().stays == presence.stats().pieces == 2
        assert presence.withdraw(stays=batch([night]), key="w3", reason="").absent == 1
        assert presence.withdraw(stays=batch([evening, morning]), key="w4", reason="").removed == 2
        assert presence.stats().pieces == 0


def test_a_stay_named_twice_is_one_stay(tmp_path: Path) -> None:
    with quiet(tmp_path) as presence:
        presence.ingest(batch(TWO), key="a")
        twice = batch([TWO[0], S(3, TWO[0].place, TWO[0].start, TWO[0].end)])
        twice.pseudonyms[1] = twice.pseudonyms[0]
        done = presence.correct(twice, batch([]), key="c", reason="")
        assert (done.removed, presence.stats().stays) == (1, 1)


def test_records_of_a_stay_are_of_one_batch(tmp_path: Path) -> None:
    short, long = (S(1, PLACES[1], NOON, MIDNIGHT + DAY_S + seconds) for seconds in (3600, 7200))
    with quiet(tmp_path) as presence:
        presence.ingest(batch([long]), key="long")
        presence.ingest(batch([short]), key="short")
        presence.compact()
        presence.withdraw(stays=batch([short]), key="w", reason="")
        assert presence.withdraw(batch="short", key="w2", reason="").removed == 0
        assert presence.withdraw(batch="long", key="w3", reason="").removed == 1
        assert presence.stats().pieces == 0


def test_a_withdrawn_batch_is_not_stored_again(tmp_path: Path) -> None:
    with writer(tmp_path) as presence:
        presence.ingest(batch(TWO), key="a")
        presence.withdraw(batch="a", key="w", reason="wrong file")
        assert presence.ingest(batch(TWO), key="a").gone == "withdrawn"
        assert presence.stats().stays == 0
        with pytest.raises(InvalidValue, match="no stays were stored under this key"):
            presence.withdraw(batch="b", key="w2", reason="")
        with pytest.raises(InvalidValue, match="only one"):
            presence.withdraw(batch="a", person=name(1), key="w3", reason="")


def test_an_erased_person_leaves_no_trace(tmp_path: Path) -> None:
    with writer(tmp_path) as presence:
        presence.ingest(stays(300, 2, MIDNIGHT), key="city")
        presence.ingest(batch([S(ODD, PLACES[1], NOON, NOON + 60), S(5, PLACES[1], NOON, NOON + 90)]), key="more")
        presence.merge((7).to_bytes(16, "big"), [name(ODD)], key="m", reason="two phones")
        presence.compact()
        before = presence.stats()
        with pytest.raises(UnknownPerson):
            presence.withdraw(person=b"?" * 16, key="e", reason="")
        done = presence.withdraw(person=(7).to_bytes(16, "big"), key="e", reason="asked for it")
        assert done.removed == 15
        assert presence.stats().people == before.people - 2
        for as_of in (None, *range(1, presence.stats().snapshot + 1)):
            found = presence.visitors(EVERYWHERE, Window(0, NOON + 9 * DAY_S), limit=None, as_of=as_of)
            assert {7, ODD}.isdisjoint(int.from_bytes(row.pseudonym, "big") for row in found.rows)
        assert presence.verify(deep=True) == []
        presence.ingest(batch([S(7, PLACES[1], NOON, NOON + 60)]), key="back")
        assert presence.person(name(7)) == before.people, "a number is never dealt twice"
    assert no_trace(tmp_path, name(ODD))


def no_trace(folder: Path, pseudonym: bytes) -> bool:
    return not any(pseudonym in path.read_bytes() for path in folder.iterdir())


def test_any_damage_is_found(tmp_path: Path) -> None:
    with writer(tmp_path) as presence:
        presence.ingest(stays(60, 1, MIDNIGHT), key="city")
        presence.ingest(stays(60, 1, MIDNIGHT, seed=2), key="more")
        presence.compact()
        presence.forget(before_version=3)
    (path,) = tmp_path.glob("*.arrow")
    whole = path.read_bytes()
    chance = random.Random(1)
    with Presence.open(tmp_path, zone=ZONE) as presence:
        told: list[tuple[int, int]] = []
        assert presence.verify(progress=lambda *figures: told.append(figures)) == []
        assert told == [(len(whole), len(whole))]
        for _ in range(40):
            broken = bytearray(whole)
            broken[chance.randrange(len(whole))] ^= 1 << chance.randrange(8)
            path.write_bytes(broken)
            assert presence.verify() == [f"{path.name}: its checksum differs"]
        path.write_bytes(whole[:-1])
        assert "bytes instead of" in presence.verify()[0]
        path.unlink()
        assert presence.verify(deep=True) == [f"{path.name}: it is missing"]
        path.write_bytes(whole)
        (tmp_path / "stray.part").write_bytes(b"half")
        assert presence.verify() == ["stray.part: no version names it; the next writer removes it"]
        with writer(tmp_path) as other:
            assert other.verify(deep=True) == []
        assert presence.verify(deep=True) == []


DAMAGE: dict[str, tuple[str, Callable[[np.ndarray], np.ndarray]]] = {
    "places are not in order": ("place_keys", lambda a: a[::-1]),
    "do not share out its records": ("place_offsets", lambda a: np.append(a[:-1], a[-1] + 1).astype(np.uint32)),
    "longer than the longest": ("place_reach", np.zeros_like),
    "fences are not keys": ("place_fences", lambda a: a + np.uint64(1)),
    "columns of places differ": ("place_reach", lambda a: a[:-1]),
    "orders differ in length": ("person_low", lambda a: a[:-1]),
    "columns of persons differ": ("person_blocks", lambda a: np.append(a, a[-1:])),
    "more or fewer records": ("person_counts", lambda a: np.append(a[:-1], a[-1] + 1).astype(np.uint8)),
    "not each record once": ("person_low", lambda a: np.append(a[1:2], a[1:])),
    "not those of the persons": ("person_low", lambda a: a[::-1]),
    "out of order at their place": ("records", lambda a: a[::-1]),
    "beyond its day": ("records", lambda a: a | np.uint64(1 << 62)),
    "without a source": ("records", lambda a: a | np.uint64(15)),
    "persons are not in order": ("person_blocks", lambda a: a + np.uint32(1)),
    "without a pseudonym": ("person_ids", lambda a: np.arange(7, 67, dtype=np.uint32)),
    "other batches": ("batches", lambda a: a + np.uint32(1)),
    "which batch it came with": ("origins", lambda a: a[:-1]),
    "stays than the manifest": ("continued", lambda a: np.append(a, np.uint8(128))[-1:]),
}


@pytest.mark.parametrize("fault", DAMAGE)
def test_damage_under_a_right_checksum_is_found(tmp_path: Path, fault: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with writer(tmp_path) as presence:
        presence.ingest(stays(60, 1, MIDNIGHT), key="city")
        presence.ingest(stays(60, 1, MIDNIGHT, seed=2), key="more")
        presence.compact()
        presence.forget(before_version=3)
    (path,) = tmp_path.glob("*.arrow")
    column, damage = DAMAGE[fault]
    rewrite(path, column, damage)
    monkeypatch.setattr("twin.presence.writing.checking._file", lambda *_: None)
    with Presence.open(tmp_path, zone=ZONE) as presence:
        assert any(fault in found for found in presence.verify(deep=True))


def rewrite(path: Path, column: str, damage: Callable[[np.ndarray], np.ndarray]) -> None:
    """Write a segment again with one column changed."""
    with pa.memory_map(str(path)) as source:
        whole = pa.ipc.open_file(source).get_batch(0)
    arrays = []
    for field in whole.schema.names:
        values = whole.column(field).values.to_numpy().copy()
        values = damage(values) if field == column else values
        arrays.append(pa.LargeListArray.from_arrays(pa.array([0, len(values)], type=pa.int64()), pa.array(values)))
    damaged = pa.RecordBatch.from_arrays(arrays, names=whole.schema.names)
    damaged = damaged.replace_schema_metadata(whole.schema.metadata)
    path.unlink()
    with pa.OSFile(str(path), "wb") as sink, pa.ipc.new_file(sink, damaged.schema) as writing:
        writing.write_batch(damaged)
