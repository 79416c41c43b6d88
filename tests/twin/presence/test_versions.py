"""The history of a store: what each version was, asking as of one, letting old ones go, stores of the older format."""

from __future__ import annotations

import hashlib
import os
import sqlite3
import time
from pathlib import Path

import pyarrow as pa
import pytest

from tests.twin.presence.oracle import S
from tests.twin.presence.test_store import DAY, NOON, TWO, ZONE, writer
from tests.twin.presence.worlds import PLACES, batch, name
from twin.errors import Conflict, FolderInUse, InvalidValue, UnknownPerson, UnreadableSource
from twin.presence import KeyRanges, Presence
from twin.presence.manifest import FILE
from twin.presence.segments.segment import SegmentGone, SegmentInfo
from twin.presence.versions import Kind

EVERYWHERE = KeyRanges.of([(0, 1 << 63)])


def met(presence: Presence, as_of: int | None = None) -> int:
    return presence.companions([0], DAY, as_of=as_of).total


def test_every_change_is_in_the_history(tmp_path: Path) -> None:
    before = int(time.time())
    with writer(tmp_path) as presence:
        presence.ingest(batch(TWO), key="a")
        presence.ingest(batch([]), key="nothing")
        presence.correct(batch(TWO[:1]), batch([S(1, PLACES[1], NOON, NOON + 60)]), key="c", reason="clock")
        presence.withdraw(batch="a", key="w", reason="wrong file")
        presence.merge(name(1), [name(2)], key="m", reason="two phones")
        presence.unmerge([name(1)], key="u", reason="two people")
        presence.compact()
        presence.withdraw(person=name(2), key="e", reason="asked for it")
        history = presence.versions()
    assert [(v.kind, v.key, v.added, v.removed) for v in history] == [
        (Kind.BATCH, "a", 2, 0),
        (Kind.BATCH, "nothing", 0, 0),
        (Kind.CORRECTION, "c", 1, 1),
        (Kind.WITHDRAWAL, "w", 0, 1),
        (Kind.MERGE, "m", 0, 0),
        (Kind.UNMERGE, "u", 0, 0),
        (Kind.ERASURE, "e", 0, 0),
    ]
    assert [v.version for v in history] == list(range(1, 8))
    assert all(before <= (v.at or 0) <= time.time() and v.kept for v in history)
    assert history[3].reason == "wrong file"
    assert (history[0].first, history[0].last) == (NOON, NOON + 7200)


def test_as_of(tmp_path: Path) -> None:
    with writer(tmp_path) as presence:
        presence.ingest(batch(TWO[:1]), key="a")
        presence.ingest(batch(TWO[1:]), key="b")
        presence.withdraw(batch="b", key="w", reason="wrong file")
        assert [met(presence, version) for version in (1, 2, 3)] == [0, 1, 0]
        assert presence.companions([0], DAY, as_of=2).snapshot == 2
        assert presence.visitors(EVERYWHERE, DAY, as_of=0).total == 0
        with pytest.raises(UnknownPerson):
            presence.trajectory(1, DAY, as_of=1)
        for never in (4, -1):
            with pytest.raises(InvalidValue, match=r"as_of: version .* was never made. The newest is 3"):
                met(presence, never)


def test_old_versions_are_let_go(tmp_path: Path) -> None:
    with writer(tmp_path) as presence, Presence.open(tmp_path, zone=ZONE) as reader:
        presence.ingest(batch(TWO[:1]), key="a")
        presence.ingest(batch(TWO[1:]), key="b")
        page = presence.visitors(EVERYWHERE, DAY, limit=1)
        size = sum(path.stat().st_size for path in tmp_path.glob("*.arrow"))
        assert presence.compact().after == 1
        assert met(reader, 2) == 1
        with pytest.raises(InvalidValue, match="before_version"):
            presence.forget(before_version=4)
        with pytest.raises(InvalidValue, match="not both"):
            presence.forget()
        gone = presence.forget(before_version=3)
        assert (gone.oldest, gone.files, gone.bytes) == (3, 2, size)
        assert len(list(tmp_path.glob("*.arrow"))) == 1
        for either in (presence, reader):
            with pytest.raises(InvalidValue, match=r"version 2 is no longer kept. The oldest kept is 3"):
                met(either, 2)
            assert met(either, 3) == met(either) == 1
        with pytest.raises(InvalidValue, match="cursor: version 2 is no longer kept"):
            presence.visitors(EVERYWHERE, DAY, limit=1, cursor=page.next)
        assert [v.kept for v in presence.versions()] == [False, False, True]
        assert presence.forget(before_version=1).oldest == 3, "what is gone does not come back"
        assert presence.forget(older_than=int(time.time()) + 9).oldest == 3, "the newest is always kept"


def test_a_file_removed_under_a_reader(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with writer(tmp_path) as presence, Presence.open(tmp_path, zone=ZONE) as reader:
        presence.ingest(batch(TWO[:1]), key="a")
        presence.ingest(batch(TWO[1:]), key="b")
        opened = reader._open

        def late(info: SegmentInfo) -> object:
            monkeypatch.setattr(reader, "_open", opened)
            presence.compact()
            presence.forget(before_version=3)
            return opened(info)

        monkeypatch.setattr(reader, "_open", late)
        assert met(reader) == 1, "the manifest was read before the file went, so it is read again"
        for path in tmp_path.glob("*.arrow"):
            path.unlink()
        assert met(reader) == 1, "what is mapped is read on"
        with Presence.open(tmp_path, zone=ZONE) as fresh, pytest.raises(SegmentGone, match="missing"):
            met(fresh)


def test_room_of_a_mapped_file_is_given_back(tmp_path: Path) -> None:
    with writer(tmp_path) as presence, Presence.open(tmp_path, zone=ZONE) as reader:
        presence.ingest(batch(TWO[:1]), key="a")
        presence.ingest(batch(TWO[1:]), key="b")
        assert met(reader) == met(presence) == 1
        presence.compact()
        presence.forget(before_version=3)
        assert met(reader) == met(presence) == 1
        maps = Path(f"/proc/{os.getpid()}/maps").read_text()
        assert f"{tmp_path}/v" in maps
        assert "(deleted)" not in "".join(line for line in maps.splitlines() if str(tmp_path) in line)


def test_keys_stand_for_one_thing(tmp_path: Path) -> None:
    with writer(tmp_path) as presence:
        presence.ingest(batch(TWO), key="a")
        calls = {
            "withdraw": lambda key: presence.withdraw(stays=batch(TWO[:1]), key=key, reason=""),
            "correct": lambda key: presence.correct(batch(TWO[1:]), batch(TWO[:1]), key=key, reason=""),
            "merge": lambda key: presence.merge(name(1), [name(2)], key=key, reason=""),
            "unmerge": lambda key: presence.unmerge([name(2)], key=key, reason=""),
            "erase": lambda key: presence.withdraw(person=name(2), key=key, reason=""),
        }
        for what, call in calls.items():
            with pytest.raises(Conflict, match="'a'"):
                call("a")
            with pytest.raises(InvalidValue, match="idempotency key"):
                call("")
            done, again = call(what), call(what)
            assert (done.repeated, again.repeated) == (False, True)
            assert done.version == again.version == presence.stats().snapshot
        with pytest.raises(Conflict, match="'erase'"):
            presence.withdraw(person=name(1), key="erase", reason="")
        with pytest.raises(Conflict, match="'withdraw'"):
            presence.ingest(batch(TWO), key="withdraw")


def test_only_a_writer_changes_anything(tmp_path: Path) -> None:
    with writer(tmp_path) as presence:
        presence.ingest(batch(TWO), key="a")
    with Presence.open(tmp_path, zone=ZONE) as reader:
        for change in (
            reader.compact,
            lambda: reader.forget(before_version=1),
            lambda: reader.withdraw(batch="a", key="w", reason=""),
            lambda: reader.merge(name(1), [name(2)], key="m", reason=""),
        ):
            with pytest.raises(FolderInUse, match="reading only"):
                change()


def test_a_store_of_the_first_format_is_brought_up_to_date(tmp_path: Path) -> None:
    night = [S(1, PLACES[1], NOON, NOON + 86_400), *TWO]
    with writer(tmp_path) as presence:
        presence.ingest(batch(night), key="a")
        presence.ingest(batch(TWO), key="b")
    as_it_was(tmp_path)
    with pytest.raises(UnreadableSource, match=r"has format 1.*for writing once"):
        Presence.open(tmp_path, zone=ZONE)
    with writer(tmp_path) as presence:
        stats = presence.stats()
        assert (stats.people, stats.stays, stats.pieces, stats.snapshot) == (2, 5, 6, 2)
        assert met(presence) == 1
        assert [(v.version, v.kind, v.key, v.at, v.added) for v in presence.versions()] == [
            (1, "batch", "a", None, 3),
            (2, "batch", "b", None, 2),
        ]
        assert presence.ingest(batch(TWO), key="b").repeated
        assert presence.person(name(2)) == 1
        assert presence.verify(deep=True) == []
        assert presence.withdraw(stays=batch(night[:1]), key="w", reason="").removed == 1
        presence.ingest(batch([S(3, PLACES[1], NOON, NOON)]), key="c")
        assert (presence.stats().stays, presence.stats().people) == (5, 3)
        presence.compact()
        assert presence.verify(deep=True) == []
    with Presence.open(tmp_path, zone=ZONE) as reader:
        assert reader.stats().snapshot == 5
        assert met(reader) == 1


def as_it_was(folder: Path) -> None:
    """Turn a store into one of the first format."""
    db = sqlite3.connect(folder / FILE)
    for path in folder.glob("*.arrow"):
        with pa.memory_map(str(path)) as source:
            whole = pa.ipc.open_file(source).read_all()
        table = whole.drop_columns(["place_fences", "continued", "going_on", "batches", "origins"])
        meta = {**(whole.schema.metadata or {}), b"format": b"quanyu.presence.segment/1"}
        path.unlink()
        with pa.OSFile(str(path), "wb") as sink, pa.ipc.new_file(sink, table.schema.with_metadata(meta)) as writing:
            writing.write_table(table)
        content = path.read_bytes()
        row = (len(content), hashlib.sha256(content).digest(), path.name)
        db.execute("UPDATE segments SET size = ?, sha256 = ? WHERE file = ?", row)
    db.commit()
    db.executescript("""
        CREATE TABLE batches (
            key TEXT PRIMARY KEY, content BLOB NOT NULL, stays INTEGER NOT NULL, first INTEGER, last INTEGER,
            version INTEGER NOT NULL UNIQUE
        ) WITHOUT ROWID;
        INSERT INTO batches SELECT key, content, added, first, last, version FROM versions;
        CREATE TABLE old (id INTEGER PRIMARY KEY, pseudonym BLOB NOT NULL UNIQUE);
        INSERT INTO old SELECT * FROM persons;
        DROP TABLE persons; DROP TABLE versions; DROP TABLE contents; DROP TABLE merges;
        DROP TABLE dropped; DROP TABLE undone;
        ALTER TABLE old RENAME TO persons;
        ALTER TABLE segments DROP COLUMN stays;
        UPDATE meta SET value = '1' WHERE name = 'format';
    """)
    db.close()
