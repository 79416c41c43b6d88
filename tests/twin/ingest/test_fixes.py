"""Raw records through the door: stays by a source profile, stored with the guarantees of stays."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from typer.testing import CliRunner

from tests.twin.ingest.arrow_samples import saved
from tests.twin.ingest.stay_samples import LAT, LON, key, notes, presence, stored, table, take, times, twin
from twin.cli.main import app
from twin.errors import Conflict, EmptySource, InvalidValue, MissingCrs, TwinError, UnreadableSource
from twin.geo.cells import UNKNOWN_FLOOR, cell_to_name, cells_to_keys, keys_to_cells, lonlat_to_cells
from twin.geo.crs import wgs84_to_gcj02
from twin.ingest import fixspool
from twin.ingest.run import dry_run
from twin.ingest.source import Options
from twin.issues import CATALOGUE
from twin.presence import END_ESTIMATED, MEASURED
from twin.store import Store

DAY = 1_714_521_600  # 2024-05-01 00:00 UTC
ID_CARD = "440301199001011234"
FIXES = {"kind": "fixes"}
POSITIONS = ("user_id", "timestamp", "lon", "lat")
PLACES = ("person", "time", "place")


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with twin(tmp_path / "twin") as made:
        yield made


@pytest.fixture(scope="module")
def untouched(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """A twin for files of which nothing is stored."""
    with twin(tmp_path_factory.mktemp("untouched") / "twin") as made:
        yield made


def day_of(person: str) -> list[tuple[object, ...]]:
    """An hour at home, a walk, half an hour in the park, newest first."""
    home = [(person, DAY + 60 * n, LON, LAT) for n in range(61)]
    way = [(person, DAY + 3660 + 60 * n, LON + 0.001 * (n + 1), LAT) for n in range(9)]
    park = [(person, DAY + 4260 + 60 * n, LON + 0.01, LAT) for n in range(31)]
    return (home + way + park)[::-1]


def test_positions_become_stays(store: Store, tmp_path: Path) -> None:
    report = take(store, table(tmp_path / "f.csv", day_of("anna") + day_of("ben"), POSITIONS), profile="gps", **FIXES)
    assert report.taken == {"stay": 4}
    expected = [(DAY, DAY + 3600), (DAY + 4260, DAY + 6060)]
    assert times(store, "anna") == times(store, "ben") == expected
    spots = cells_to_keys(lonlat_to_cells([[LON, LAT], [LON + 0.01, LAT]], 12))
    assert [(row.place, row.source, row.quality) for row in stored(store, "anna")] == [
        (int(spot), 5, MEASURED) for spot in spots
    ]
    assert [(issue.code, issue.message[:17]) for issue in notes(store)] == [("stay.record-unused", "18 of 202 records")]


@pytest.mark.parametrize("form", ["csv", "ndjson", "parquet", "arrow", "arrows", "csv.gz"])
def test_in_every_format(store: Store, tmp_path: Path, form: str) -> None:
    rows = day_of("anna")
    path = tmp_path / f"f.{form}"
    columns = dict(zip(POSITIONS, zip(*rows, strict=True), strict=True))
    if form.startswith("csv"):
        table(path, rows, POSITIONS)
        if form.endswith("gz"):
            path.write_bytes(gzip.compress(path.read_bytes()))
    elif form == "ndjson":
        path.write_text("".join(json.dumps(dict(zip(POSITIONS, row, strict=True))) + "\n" for row in rows))
    else:
        saved(path, pa.table(columns), rows=13)
    assert take(store, path, profile="gps", **FIXES).taken == {"stay": 2}
    assert times(store, "anna")[0] == (DAY, DAY + 3600)


def test_datum_and_reference_systems(store: Store, tmp_path: Path) -> None:
    shifted = wgs84_to_gcj02([[LON, LAT]])[0]
    rows = [("anna", DAY + 60 * n, *shifted) for n in range(10)]
    take(store, table(tmp_path / "f.csv", rows, POSITIONS), profile="gps", datum="gcj02", **FIXES)
    cell = keys_to_cells(np.array([stored(store, "anna")[0].place], dtype=np.uint64))[0]
    assert cell == lonlat_to_cells([[LON, LAT]], 12)[0]
    metres = table(tmp_path / "m.csv", [("anna", DAY, 1.0, 2.0)], ("person", "time", "x", "y"))
    with pytest.raises(MissingCrs, match="--crs"):
        take(store, metres, profile="gps", **FIXES)


def test_places_of_access_points(store: Store, tmp_path: Path) -> None:
    seen = ((0, "unit-301"), (500, "unit-301"), (560, "shop"), (600, "unit-301"))
    rows = [("anna", DAY + t, place) for t, place in seen]
    rows += [("anna", DAY + 2000, "house"), ("anna", DAY + 2100, "nobody-knows")]
    report = take(store, table(tmp_path / "w.csv", rows, ("person", "seen_at", "ap_id")), profile="wifi", **FIXES)
    assert report.taken == {"stay": 2}
    assert [(row.place, row.start - DAY, row.end - DAY, row.source) for row in stored(store, "anna")] == [
        (key(store, "unit-301", 3), 0, 600, 1),
        (key(store, "house", UNKNOWN_FLOOR), 2000, 2000, 1),
    ]
    found = {issue.code: issue for issue in notes(store)}
    assert found["stay.unknown-place"].path == "w.csv:7"
    assert "1 of 5 records were an excursion" in found["stay.record-unused"].message


def test_towers_are_cells(store: Store, tmp_path: Path) -> None:
    cell = int(lonlat_to_cells([[LON, LAT]], 9)[0])
    by_name = [("anna", DAY + t, cell_to_name(cell), "", "") for t in (0, 1800, 3600)]
    by_spot = [("ben", DAY + t, "", LON, LAT) for t in (0, 1800, 3600)]
    path = table(tmp_path / "t.csv", by_name + by_spot, ("person", "time", "cell", "lon", "lat"))
    assert take(store, path, profile="tower", **FIXES).taken == {"stay": 2}
    for person in ("anna", "ben"):
        assert [(row.place, row.end - row.start) for row in stored(store, person)] == [
            (int(cells_to_keys([cell])[0]), 3600)
        ]


def test_towers_that_the_twin_does_not_know_are_where_they_stand(store: Store, tmp_path: Path) -> None:
    rows = [("anna", DAY, "460-00-1", LON, LAT), ("anna", DAY + 600, "460-00-1", LON, LAT)]
    rows += [("anna", DAY + 700, "460-00-2", "", ""), ("anna", DAY + 800, "mall", LON, LAT)]
    path = table(tmp_path / "t.csv", rows, ("person", "time", "tower_id", "lon", "lat"))
    report = take(store, path, profile="tower", **FIXES)
    cell = int(cells_to_keys(lonlat_to_cells([[LON, LAT]], 9))[0])
    assert [row.place for row in stored(store, "anna")] == [cell, key(store, "mall", UNKNOWN_FLOOR)]
    assert [issue.path for issue in notes(store, rejected=True)] == ["t.csv:4"]
    assert report.taken == {"stay": 2}


def test_a_clock_that_is_ahead(store: Store, tmp_path: Path) -> None:
    own = tmp_path / "gate.toml"
    own.write_text(
        'id = "gate"\ntitle = "Gate"\nsource = 9\nmethod = "association"\nleast_s = 0\ngap_s = 60\npingpong_s = 0\n'
        "error_m = 5\nclock_s = 90\n"
    )
    rows = [("anna", DAY + 90, "house"), ("anna", DAY + 120, "house"), ("anna", 80, "house")]
    path = table(tmp_path / "g.csv", rows, PLACES)
    take(store, path, profile=str(own), **FIXES)
    assert times(store, "anna") == [(DAY, DAY + 30)]
    assert [issue.path for issue in notes(store, rejected=True)] == ["g.csv:4"]


def test_scans_end_by_the_kind_of_venue(store: Store, tmp_path: Path) -> None:
    rows = [
        ("anna", DAY, "shop", ""),
        ("anna", DAY + 900, "unit-301", "cinema"),
        ("ben", DAY, "unit-302", ""),
        ("carl", DAY, "shop", "no such kind"),
        ("dora", DAY, "mall", ""),
    ]
    take(store, table(tmp_path / "s.csv", rows, (*PLACES, "venue_kind")), profile="scan", **FIXES)
    assert times(store, "anna") == [(DAY, DAY + 900), (DAY + 900, DAY + 900 + 9000)]
    assert times(store, "ben") == [(DAY, DAY + 43_200)]
    assert times(store, "carl") == times(store, "dora") == [(DAY, DAY + 1800)]
    assert stored(store, "dora")[0].quality == END_ESTIMATED
    assert [issue.code for issue in notes(store)] == ["stay.end-estimated"]


def test_refused_rows_name_nobody(store: Store, tmp_path: Path) -> None:
    good = [(ID_CARD, DAY + 60 * n, LON, LAT) for n in range(10)]
    bad = [
        ("", DAY, LON, LAT),
        (ID_CARD, "soon", LON, LAT),
        (ID_CARD, "", LON, LAT),
        (ID_CARD, -5, LON, LAT),
        (ID_CARD, DAY, "", LAT),
        (ID_CARD, DAY, 999, LAT),
        (ID_CARD, DAY, LON),
    ]
    report = take(store, table(tmp_path / "f.csv", good + bad, POSITIONS), profile="gps", **FIXES)
    assert report.taken == {"stay": 1}
    codes = {issue.path: issue.code for issue in notes(store, rejected=True)}
    assert codes == {
        "f.csv:12": "attribute.unreadable",
        "f.csv:13": "stay.unreadable-time",
        "f.csv:14": "stay.unreadable-time",
        "f.csv:15": "stay.unreadable-time",
        "f.csv:16": "stay.unknown-place",
        "f.csv:17": "stay.unknown-place",
        "f.csv:18": "attribute.unreadable",
    }
    assert ID_CARD not in repr(notes(store)) + repr(report.as_dict())
    assert all(issue.code in CATALOGUE for issue in notes(store))
    kept = b"".join(path.read_bytes() for path in store.folder.rglob("*") if path.is_file())
    assert ID_CARD.encode() not in kept


def test_once_whole_or_not_at_all(store: Store, tmp_path: Path) -> None:
    path = table(tmp_path / "f.csv", day_of("anna"), POSITIONS)
    whole = path.read_bytes()
    path.write_bytes(whole[:-6])
    with pytest.raises(UnreadableSource, match="row 102 is its last"):
        take(store, path, profile="gps", **FIXES)
    assert not (store.folder / "presence").exists()
    path.write_bytes(whole)
    take(store, path, profile="gps", **FIXES)
    again = take(store, path.rename(tmp_path / "renamed.csv"), profile="gps", **FIXES)
    assert "imported before" in again.sources[0].reason
    own = tmp_path / "own.toml"
    own.write_text(
        'id = "own"\ntitle = "Own"\nsource = 9\nmethod = "roaming"\nroam_m = 50\nleast_s = 900\ngap_s = 60\n'
        "pingpong_s = 0\nerror_m = 5\n"
    )
    with pytest.raises(Conflict, match="with other options"):
        take(store, tmp_path / "renamed.csv", profile=str(own), **FIXES)
    assert len(times(store, "anna")) == 2
    assert not [one for one in store.folder.iterdir() if one.name.startswith(("stays-", "fixes-"))]


def test_many_people_in_groups(store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """More records than are taken at once give what they give at once."""
    rows = [row for n in range(40) for row in day_of(f"p{n}")]
    order = np.random.default_rng(2).permutation(len(rows))
    shuffled = [rows[k] for k in order]
    path = table(tmp_path / "f.csv", shuffled, POSITIONS)
    whole = dry_run([path], Options(kind="fixes", profile="gps"), store=store)
    monkeypatch.setattr(fixspool, "AT_ONCE", 300)
    report = take(store, path, profile="gps", **FIXES)
    assert report.taken == whole.taken == {"stay": 80}
    assert all(times(store, f"p{n}") == times(store, "p0") for n in range(40))
    with presence(store) as found:
        assert found.stats().people == 40


def test_a_dry_run_stores_nothing(store: Store, tmp_path: Path) -> None:
    path = table(tmp_path / "w.csv", [("anna", DAY + 900 * n, f"place-{n % 2}") for n in range(4)], PLACES)
    with pytest.raises(EmptySource, match="not in this twin"):
        dry_run([path], Options(kind="fixes", profile="wifi"), store=store)
    alone = dry_run([path], Options(kind="fixes", profile="wifi"))
    assert alone.taken == {"stay": 4}
    assert not (store.folder / "presence").exists()


@pytest.mark.parametrize(
    ("profile", "rows", "told"),
    [
        ("", [POSITIONS, ("anna", DAY, LON, LAT)], "need a source profile"),
        ("sonar", [POSITIONS, ("anna", DAY, LON, LAT)], "Give one of camera"),
        ("gps", [PLACES, ("anna", DAY, "house")], "makes stays of positions"),
        ("wifi", [("person", "time", "colour"), ("anna", DAY, "red")], "no column for the stay's place"),
        ("wifi", [("person", "colour", "place"), ("anna", "red", "house")], "no column for the stay's time"),
        ("gps", [POSITIONS, ("anna", DAY, LON, LAT)], "its 1 records make no stay by profile gps"),
        ("gps", [POSITIONS, ("", DAY, LON, LAT)], "none of its rows can be taken"),
    ],
)
def test_what_cannot_be_used(
    untouched: Store, tmp_path: Path, profile: str, rows: list[tuple[object, ...]], told: str
) -> None:
    with pytest.raises(TwinError, match=told):
        take(untouched, table(tmp_path / "f.csv", rows[1:], rows[0]), profile=profile, **FIXES)
    assert not (untouched.folder / "presence").exists()


def test_from_the_command_line(tmp_path: Path) -> None:
    folder = tmp_path / "twin"
    twin(folder).close()
    path = str(table(tmp_path / "f.csv", day_of("anna") + day_of("ben"), POSITIONS))
    words = ["import", path, "--into", str(folder), "--json"]
    done = CliRunner().invoke(app, [*words, "--source-profile", "gps"])
    assert json.loads(done.stdout)["taken"] == {"stay": 4}
    window = ["--in", str(folder), "--from", "2024-05-01", "--to", "2024-05-02", "--json"]
    met = json.loads(CliRunner().invoke(app, ["presence", "companions", "anna", *window]).stdout)["rows"]
    assert [row["minutes"] for row in met] == [90]
    for more, told in (
        (["--kind", "fixes"], "need a source profile"),
        (["--kind", "stays", "--source-profile", "gps"], "--kind is stays"),
        (["--source-profile", "none.toml"], "it cannot be read"),
    ):
        with pytest.raises(InvalidValue, match=told):
            CliRunner().invoke(app, [*words, *more], catch_exceptions=False)
