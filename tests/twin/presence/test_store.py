"""What the folder promises: batches once, one writer, nothing half-stored, clear errors."""

from __future__ import annotations

import errno
import os
from itertools import chain, repeat
from pathlib import Path
from threading import Thread
from typing import Any

import numpy as np
import pytest
from numba.extending import is_jitted

from tests.twin.presence.city import DAY_S, stays
from tests.twin.presence.oracle import S
from tests.twin.presence.worlds import PLACES, batch, name
from twin.errors import (
    Conflict,
    DiskFull,
    FolderInUse,
    FolderNotWritable,
    InvalidValue,
    InvalidWindow,
    NotATwin,
    UnknownPerson,
    UnreadableSource,
)
from twin.presence import (
    Cell,
    Floor,
    KeyRanges,
    Presence,
    ScaleParams,
    StayBatch,
    Threshold,
    Together,
    manifest,
    nearness,
    warm,
)
from twin.presence.kernels import probing as kernels
from twin.presence.segments import days, ordering, pieces, segment
from twin.types import Window

ZONE = "Asia/Shanghai"
NOON = 1_710_043_200
TWO = [S(1, PLACES[1], NOON, NOON + 3600), S(2, PLACES[1], NOON + 600, NOON + 7200)]
DAY = Window(NOON - 40_000, NOON + 40_000)


def writer(folder: Path) -> Presence:
    return Presence.open(folder, zone=ZONE, write=True)


def test_a_batch_is_stored_once(tmp_path: Path) -> None:
    with writer(tmp_path) as presence:
        first, again = (presence.ingest(batch(TWO), key="a") for _ in range(2))
        assert (first.stored, first.repeated, first.snapshot) == (2, False, 1)
        assert (again.stored, again.repeated, again.snapshot) == (0, True, 1)
        with pytest.raises(Conflict, match="'a'"):
            presence.ingest(batch(TWO[:1]), key="a")
        assert presence.stats().stays == 2
        assert presence.stats().snapshot == 1


def test_reopened_it_is_all_there_and_a_reader_sees_later_batches(tmp_path: Path) -> None:
    with writer(tmp_path) as presence:
        presence.ingest(batch(TWO[:1]), key="a")
    with Presence.open(tmp_path, zone=ZONE) as reader, writer(tmp_path) as presence:
        person = reader.person(name(1))
        assert reader.companions([person], DAY).total == 0
        presence.ingest(batch(TWO[1:]), key="b")
        answer = reader.companions([person], DAY)
        assert [(row.pseudonym, row.together_s) for row in answer.rows] == [(name(2), 3000)]
        assert answer.snapshot == 2


def test_two_writers(tmp_path: Path) -> None:
    with writer(tmp_path), pytest.raises(FolderInUse, match="another process"):
        writer(tmp_path)
    writer(tmp_path).close()


def test_a_reader_does_not_write(tmp_path: Path) -> None:
    with pytest.raises(NotATwin):
        Presence.open(tmp_path / "nothing", zone=ZONE)
    writer(tmp_path).close()
    with Presence.open(tmp_path, zone=ZONE) as reader, pytest.raises(FolderInUse, match="reading only"):
        reader.ingest(batch(TWO), key="a")


def test_the_zone_of_the_days_does_not_change(tmp_path: Path) -> None:
    writer(tmp_path).close()
    with pytest.raises(Conflict, match="Asia/Shanghai"):
        Presence.open(tmp_path, zone="Europe/Berlin", write=True)
    with Presence.open(tmp_path, zone="Europe/Berlin") as reader:
        assert reader.visitors(KeyRanges.of([(0, 1)]), DAY).zone == "Europe/Berlin"
    with pytest.raises(InvalidValue, match="Mars"):
        Presence.open(tmp_path, zone="Mars/Olympus")


def test_leftovers_of_a_killed_writer_are_swept(tmp_path: Path) -> None:
    with writer(tmp_path) as presence:
        presence.ingest(batch(TWO), key="a")
    kept = {path.name for path in tmp_path.glob("*.arrow")}
    (tmp_path / "v00000002-019793-00.arrow").write_bytes(b"whole, but never named")
    (tmp_path / "v00000002-019794-00.part").write_bytes(b"half")
    Presence.open(tmp_path, zone=ZONE).close()
    assert len(list(tmp_path.glob("v*"))) == len(kept) + 2, "a reader leaves the folder as it is"
    with writer(tmp_path) as presence:
        assert {path.name for path in tmp_path.glob("v*")} == kept
        assert presence.verify() == []
        presence.ingest(batch(TWO[:1]), key="b")


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EDQUOT])
def test_a_full_disk_stores_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: int) -> None:
    with writer(tmp_path) as presence:
        presence.ingest(batch(TWO[:1]), key="a")
        before = sorted(path.name for path in tmp_path.glob("v*"))
        writes = chain([None, None, None], repeat(OSError(code, os.strerror(code))))

        def fill(self: Any, data: Any) -> int:
            fault = next(writes)
            if fault:
                raise fault
            return len(data)

        with monkeypatch.context() as full:
            full.setattr(segment._Hashing, "write", fill)
            with pytest.raises(DiskFull, match="nothing of this batch"):
                presence.ingest(batch(TWO[1:]), key="b")
        assert sorted(path.name for path in tmp_path.glob("v*")) == before
        with pytest.raises(UnknownPerson):
            presence.person(name(2))
        assert presence.ingest(batch(TWO[1:]), key="b").stored == 1
        assert presence.companions([presence.person(name(1))], DAY).total == 1


def test_no_access(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(self: Path, *_: object, **__: object) -> None:
        raise PermissionError(errno.EACCES, "no", str(self))

    monkeypatch.setattr(Path, "mkdir", refuse)
    with pytest.raises(FolderNotWritable):
        writer(tmp_path / "closed")


def test_a_broken_segment_and_a_broken_manifest(tmp_path: Path) -> None:
    with writer(tmp_path) as presence:
        presence.ingest(batch(TWO), key="a")
    path = next(tmp_path.glob("*.arrow"))
    size = path.stat().st_size
    path.write_bytes(path.read_bytes()[:100])
    with Presence.open(tmp_path, zone=ZONE) as presence:
        assert presence.verify() == [f"{path.name}: it has 100 bytes instead of {size:,}"]
        with pytest.raises(UnreadableSource, match=path.name):
            presence.companions([0], DAY)
    (tmp_path / manifest.FILE).write_bytes(b"no database" * 100)
    for write in (False, True):
        with pytest.raises(UnreadableSource, match="manifest"):
            Presence.open(tmp_path, zone=ZONE, write=write)


def test_a_store_of_another_format(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as later:
        later.setattr(manifest, "FORMAT", 99)
        writer(tmp_path).close()
    with pytest.raises(UnreadableSource, match="format 99"):
        Presence.open(tmp_path, zone=ZONE)


BAD = {
    "ends before it starts": {"end": np.array([NOON - 1, NOON])},
    "years 1970 to 2199": {"end": np.array([NOON * 1000, NOON * 1000]), "start": np.array([NOON, NOON]) * 1000},
    "longer than 366 days": {"end": np.array([NOON + 367 * DAY_S, NOON])},
    "not in the list of pseudonyms": {"person": np.array([0, 7], dtype=np.uint32)},
    "column place": {"place": np.array([1.5, 2.0])},
    "column source": {"source": np.zeros(3, dtype=np.uint8)},
    "pseudonyms": {"pseudonyms": [b"too short", bytes(16)]},
}


@pytest.mark.parametrize("reason", BAD)
def test_bad_batches(tmp_path: Path, reason: str) -> None:
    good = batch([S(1, 5, NOON, NOON), S(2, 5, NOON, NOON)])
    columns = {field: getattr(good, field) for field in StayBatch.__slots__}
    bad = StayBatch(**{**columns, **BAD[reason]})  # type: ignore[arg-type]
    with writer(tmp_path) as presence:
        with pytest.raises(InvalidValue, match=reason):
            presence.ingest(bad, key="a")
        with pytest.raises(InvalidValue, match="key"):
            presence.ingest(good, key="")
        assert presence.stats().people == 0
        assert list(tmp_path.glob("v*")) == []
        assert presence.ingest(good, key="a").stored == 2


def test_faults_name_every_row() -> None:
    bad = batch([S(1, 5, NOON, NOON - 1), S(2, 5, NOON, NOON), S(2, 5, NOON, NOON - 9)])
    assert [(reason, rows.tolist()) for reason, rows in bad.faults()] == [("it ends before it starts", [0, 2])]


def test_an_empty_batch_is_a_batch(tmp_path: Path) -> None:
    with writer(tmp_path) as presence:
        assert presence.ingest(batch([]), key="a").stored == 0
        assert presence.stats().first is None
        with pytest.raises(UnknownPerson):
            presence.trajectory(0, DAY)


def test_bad_questions(tmp_path: Path) -> None:
    with writer(tmp_path) as presence:
        presence.ingest(batch(TWO), key="a")
        with pytest.raises(InvalidWindow):
            presence.companions([0], Window(NOON, NOON))
        with pytest.raises(InvalidWindow, match="68 years"):
            presence.trajectory(0, Window(0, 1 << 32))
        with pytest.raises(UnknownPerson):
            presence.companions([0, 2], DAY)
        with pytest.raises(UnknownPerson):
            presence.pseudonym(9)
        with pytest.raises(InvalidValue, match="persons"):
            presence.companions([], DAY)
        with pytest.raises(InvalidValue, match="resolution"):
            nearness("cell", ScaleParams())
        with pytest.raises(InvalidValue, match="least overlap"):
            presence.companions([0], DAY, rule=Together(threshold=Threshold(-1)))
        with pytest.raises(InvalidValue, match="limit"):
            presence.companions([0], DAY, limit=0)
        with pytest.raises(InvalidValue, match="range"):
            presence.visitors(KeyRanges.of([(5, 5)]), DAY)


def test_too_many_persons(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(manifest, "PERSON_LIMIT", 2)
    with writer(tmp_path) as presence:
        presence.ingest(batch(TWO), key="a")
        with pytest.raises(InvalidValue, match="at most 2"):
            presence.ingest(batch([S(3, 5, NOON, NOON)]), key="b")
        assert presence.stats().people == 2


def test_pages_are_whole_and_stay_on_their_snapshot(tmp_path: Path) -> None:
    crowd = [S(person, PLACES[1], NOON, NOON + 600 + person) for person in range(23)]
    with writer(tmp_path) as presence:
        presence.ingest(batch(crowd), key="a")
        everybody = presence.companions([0], DAY, rule=Together(threshold=Threshold(0)), limit=None)
        pages = [presence.companions([0], DAY, rule=Together(threshold=Threshold(0)), limit=9)]
        presence.ingest(batch([S(99, PLACES[1], NOON, NOON + 900)]), key="late")
        while pages[-1].next:
            pages.append(
                presence.companions([0], DAY, rule=Together(threshold=Threshold(0)), limit=9, cursor=pages[-1].next)
            )
        assert [row for page in pages for row in page.rows] == everybody.rows
        assert [page.left_out for page in pages] == [13, 13, 18]
        assert everybody.left_out == 0
        with pytest.raises(InvalidValue, match="another question"):
            presence.companions([0], DAY, rule=Together(threshold=Threshold(1)), limit=9, cursor=pages[0].next)
        assert presence.companions([0], DAY, rule=Together(threshold=Threshold(0))).total == 23


def test_a_segment_holds_sixteen_kinds_of_tag_and_more_make_more(tmp_path: Path) -> None:
    many = [S(0, PLACES[1], NOON + i, NOON + i + 1, source=i) for i in range(40)]
    with writer(tmp_path) as presence:
        presence.ingest(batch(many), key="a")
        assert presence.stats().segments == 3
        assert [row.source for row in presence.trajectory(0, DAY).rows] == list(range(40))


def test_many_stays_of_one_person_in_a_day(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pieces, "COUNT_LIMIT", 10)
    monkeypatch.setattr(pieces, "ROW_LIMIT", 20)
    many = [S(0, PLACES[1], NOON + 2 * i, NOON + 2 * i + 1) for i in range(35)]
    with writer(tmp_path) as presence:
        presence.ingest(batch(many), key="a")
        presence.ingest(batch([S(i, PLACES[1], NOON, NOON + 1) for i in range(35)]), key="b")
        assert presence.stats().segments == 4 + 2
        assert presence.visitors(KeyRanges.of([(0, 1 << 63)]), DAY).total == 35
        assert presence.trajectory(0, DAY).total == 35


def test_sparse_and_dense_persons_answer_alike(tmp_path: Path) -> None:
    with writer(tmp_path) as presence:
        presence.ingest(stays(2000, 2, NOON // DAY_S * DAY_S), key="city")
        few = [S(person, PLACES[1], NOON, NOON + 3600) for person in (3, 700, 1999)]
        presence.ingest(batch(few), key="few")
        person = presence.person(name(700))
        found = presence.companions([person], DAY, limit=None)
        assert {name(3), name(1999)} <= {row.pseudonym for row in found.rows}
        assert presence.stats().bytes < 20 * presence.stats().pieces + 10_000


def test_many_threads_ask_while_one_writes(tmp_path: Path) -> None:
    with writer(tmp_path) as presence:
        presence.ingest(stays(500, 2, NOON // DAY_S * DAY_S), key="city")
        expected = presence.companions([7], DAY, limit=None).rows
        found: list[object] = []

        def ask() -> None:
            for _ in range(5):
                found.append(presence.companions([7], DAY, limit=None).rows)

        threads = [Thread(target=ask) for _ in range(6)]
        for thread in threads:
            thread.start()
        for i in range(5):
            presence.ingest(batch([S(9, PLACES[1], 9 * DAY_S + i, 9 * DAY_S + i)]), key=f"late {i}")
        for thread in threads:
            thread.join()
        assert found == [expected] * 30


def test_warm_leaves_nothing_to_compile(tmp_path: Path) -> None:
    compiled = [
        value for module in (kernels, ordering, pieces, days) for value in vars(module).values() if is_jitted(value)
    ]
    warm()
    before = [len(kernel.signatures) for kernel in compiled]
    with writer(tmp_path) as presence:
        presence.ingest(stays(500, 2, NOON // DAY_S * DAY_S), key="city")
        presence.ingest(batch(TWO), key="few")
        presence.companions([7], DAY, rule=Together(Floor()))
        presence.companions([7, 8], DAY, rule=Together(Cell(9)))
        presence.trajectory(7, DAY)
        presence.visitors(KeyRanges.of([(0, 1 << 63)]), DAY)
    assert [len(kernel.signatures) for kernel in compiled] == before
