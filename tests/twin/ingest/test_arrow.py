"""Stays from Arrow files and streams: typed columns as they are, and nothing of a file that is not whole."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from tests.twin.ingest.arrow_samples import saved
from tests.twin.ingest.stay_samples import LAT, LON, notes, presence, stored, take, times, twin
from twin.errors import InvalidValue, TwinError, UnreadableSource
from twin.geo.cells import PLACE_RES, cells_to_keys, lonlat_to_cells
from twin.ingest import stayarrow
from twin.pseudonyms import Pseudonyms
from twin.store import Store

DAY = 1_714_521_600
SPOT = int(cells_to_keys(lonlat_to_cells([[LON, LAT]], PLACE_RES), [2], [7])[0])
FORMS = ["arrow", "arrows", "lz4.arrow", "zstd.arrows", "parquet"]


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with twin(tmp_path / "twin") as made:
        yield made


@pytest.fixture(scope="module")
def untouched(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """A twin for files of which nothing is stored."""
    with twin(tmp_path_factory.mktemp("untouched") / "twin") as made:
        yield made


def keyed(count: int, store: Store) -> pa.Table:
    """Stays with pseudonyms, keys and epoch seconds, of seven people."""
    names = Pseudonyms.open(store.folder).of([f"p{n}" for n in range(7)])
    return pa.table(
        {
            "pseudonym": pa.array([names[n % 7] for n in range(count)], pa.binary(16)),
            "place_key": pa.array(np.full(count, SPOT, dtype=np.uint64)),
            "start": pa.array(DAY + 100 * np.arange(count)),
            "end": pa.array(DAY + 100 * np.arange(count) + 50),
            "source": pa.array(np.full(count, 4, dtype=np.uint8)),
            "quality": pa.array((np.arange(count) % 2).astype(np.uint8)),
            "remark": pa.array(["nobody reads this"] * count),
        }
    )


@pytest.mark.parametrize("form", FORMS)
def test_keys_and_pseudonyms(store: Store, tmp_path: Path, form: str) -> None:
    report = take(store, saved(tmp_path / f"s.{form}", keyed(3000, store)))
    assert report.taken == {"stay": 3000}
    rows = stored(store, "p3")
    assert [(row.start, row.end) for row in rows[:2]] == [(DAY + 300, DAY + 350), (DAY + 1000, DAY + 1050)]
    assert {(row.place, row.source) for row in rows} == {(SPOT, 4)}
    assert [row.quality for row in rows[:3]] == [1, 0, 1]
    with presence(store) as found:
        assert (found.stats().people, found.stats().stays) == (7, 3000)


@pytest.mark.parametrize("form", FORMS)
def test_the_same_stays_as_from_text(store: Store, tmp_path: Path, form: str) -> None:
    texts = pa.table(
        {
            "person_id": pa.array(["anna", "ben", " anna ", "", "carl"]).dictionary_encode(),
            "place": pa.array(["unit-301", "house", "unit-301", "house", None], pa.large_string()),
            "place_key": pa.array([None, None, None, None, SPOT], pa.int64()),
            "floor": pa.array([None, 7, 0, 1, None], pa.int8()),
            "start": pa.array(np.array([DAY, DAY, DAY + 100, DAY, DAY], "M8[s]"), pa.timestamp("ms", "UTC")),
            "end": pa.array([DAY + 60, DAY + 60, None, DAY, DAY + 60], pa.int32()),
        }
    )
    report = take(store, saved(tmp_path / f"s.{form}", texts))
    assert report.taken == {"stay": 4}
    assert [(row.start, row.end) for row in stored(store, "carl")] == [(DAY, DAY + 60)]
    assert times(store, "anna") == [(DAY, DAY + 60), (DAY + 100, DAY + 1900)]
    assert [(issue.code, issue.path) for issue in notes(store)] == [
        ("attribute.unreadable", f"s.{form}:3"),
        ("attribute.unreadable", f"s.{form}:4"),
        ("stay.end-estimated", f"s.{form}:3"),
    ]


@pytest.mark.parametrize("form", FORMS)
def test_bad_values_in_typed_columns(store: Store, tmp_path: Path, form: str) -> None:
    table = keyed(9, store)
    spoilt = {
        "place_key": pa.array([SPOT, 0, 17, (1 << 64) - 1, None, SPOT, SPOT, SPOT, SPOT], pa.uint64()),
        "start": pa.array([DAY, DAY, DAY, DAY, DAY, None, -5, 2**62, DAY], pa.int64()),
        "end": pa.array([DAY + 9] * 8 + [DAY - 1], pa.int64()),
    }
    for name, column in spoilt.items():
        table = table.set_column(table.schema.get_field_index(name), name, column)
    report = take(store, saved(tmp_path / f"s.{form}", table))
    assert report.taken == {"stay": 1}
    codes = {issue.path.split(":")[1]: issue.code for issue in notes(store, rejected=True)}
    unknown = dict.fromkeys("2345", "stay.unknown-place")
    assert codes == unknown | dict.fromkeys("678", "stay.unreadable-time") | {"9": "stay.reversed"}


def test_columns_of_a_type_that_makes_no_sense(untouched: Store, tmp_path: Path) -> None:
    table = keyed(3, untouched)
    for name, column, told in (
        ("pseudonym", pa.array([[1], [2], [3]]), "column for the person holds values of type list<"),
        ("start", pa.array([{"at": 1}] * 3), "column for the start holds values of type struct<"),
        ("place_key", pa.array([b"\xff", b"", b"x"]), "column for the key holds values of type binary"),
    ):
        changed = table.set_column(table.schema.get_field_index(name), name, column)
        with pytest.raises(InvalidValue, match=told):
            take(untouched, saved(tmp_path / "s.arrow", changed))
    assert not (untouched.folder / "presence").exists()


@pytest.mark.parametrize("form", FORMS)
def test_a_truncated_file_stores_nothing(untouched: Store, tmp_path: Path, form: str) -> None:
    whole = saved(tmp_path / f"s.{form}", keyed(4000, untouched)).read_bytes()
    for part in (0.05, 0.3, 0.6, 0.97, 0.999):
        path = tmp_path / f"{part}.{form}"
        path.write_bytes(whole[: int(len(whole) * part)])
        with pytest.raises(UnreadableSource, match=r"truncated or broken|no end mark"):
            take(untouched, path)
    assert not (untouched.folder / "presence").exists()
    assert not list(untouched.folder.glob("*stays-*"))


def test_a_stream_cut_between_its_batches_is_not_whole(untouched: Store, tmp_path: Path) -> None:
    path = saved(tmp_path / "s.arrows", keyed(4000, untouched))
    whole = path.read_bytes()
    path.write_bytes(whole[:-8])
    with pytest.raises(UnreadableSource, match="no end mark"):
        take(untouched, path)
    path.write_bytes(whole + whole)
    with pytest.raises(UnreadableSource, match="goes on after the end"):
        take(untouched, path)


@pytest.mark.parametrize("form", ["arrow", "arrows", "lz4.arrow"])
def test_any_damage_is_one_clear_error_or_stays(store: Store, tmp_path: Path, form: str) -> None:
    """Bytes changed anywhere: what is read is whole rows, or nothing is stored."""
    path = saved(tmp_path / f"s.{form}", keyed(300, store).drop(["remark"]))
    whole, rng = path.read_bytes(), np.random.default_rng(11)
    outcomes: Counter[str] = Counter()
    for turn in range(40):
        spoilt = bytearray(whole)
        at = rng.integers(0, len(whole) if turn % 2 else min(1500, len(whole)), rng.integers(1, 5))
        for position in at.tolist():
            spoilt[position] = int(rng.integers(0, 256))
        damaged = tmp_path / f"{turn}.{form}"
        damaged.write_bytes(bytes(spoilt))
        outcomes[_outcome(store, damaged)] += 1
    assert outcomes.keys() <= {"taken", "UnreadableSource", "InvalidValue", "EmptySource"}
    assert outcomes["UnreadableSource"] > 5


def _outcome(store: Store, path: Path) -> str:
    try:
        return take(store, path).sources[0].status
    except TwinError as error:
        return type(error).__name__


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (bytes(range(7)) * 3, bytes(range(7)) * 2 + b"\x00\x01\x02\x63\x04\x05\x06"),
        (np.arange(0, 80, 8, dtype="<i4").tobytes(), np.arange(10, dtype="<i4").tobytes()[::-1]),
        (b"unit-301" * 4, b"unit-301\xff\xfe\xfd" + b"x" * 21),
    ],
    ids=["an index beyond the dictionary", "offsets that go backwards", "no UTF-8"],
)
def test_content_that_breaks_its_own_bounds(untouched: Store, tmp_path: Path, old: bytes, new: bytes) -> None:
    """What a reader of bytes would follow into memory that is not there."""
    count = 70
    who = pa.DictionaryArray.from_arrays(pa.array([n % 7 for n in range(count)], pa.int8()), pa.array(list("abcdefg")))
    table = pa.table({"person": who, "place": ["unit-301"] * count, "start": range(count), "end": range(1, count + 1)})
    path = saved(tmp_path / "s.arrow", table)
    whole = path.read_bytes()
    assert whole.count(old) >= 1
    assert len(old) == len(new)
    path.write_bytes(whole.replace(old, new, 1))
    with pytest.raises(UnreadableSource, match="truncated or broken"):
        take(untouched, path)
    assert not (untouched.folder / "presence").exists()


def test_feather_of_version_1_is_named(untouched: Store, tmp_path: Path) -> None:
    path = tmp_path / "s.feather"
    path.write_bytes(b"FEA1" + bytes(100) + b"FEA1")
    with pytest.raises(UnreadableSource, match="Feather file of version 1"):
        take(untouched, path)


def test_large_batches_are_read_in_parts(store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stayarrow, "ROWS", 64)
    table = keyed(1000, store)
    broken = table.set_column(1, "place_key", pa.array([SPOT] * 999 + [5], pa.uint64()))
    report = take(store, saved(tmp_path / "s.arrow", broken, rows=1000))
    assert report.taken == {"stay": 999}
    assert [issue.path for issue in notes(store, rejected=True)] == ["s.arrow:1000"]
