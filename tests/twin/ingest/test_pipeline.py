"""Whole imports into a twin: order, all or nothing, shifted datums found by what is there, one bad file among good."""

from __future__ import annotations

import gzip
import json
import shutil
import zipfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from tests.twin.ingest.city_samples import written
from tests.twin.ingest.table_samples import (
    LAT,
    LON,
    bowtie,
    buildings,
    collection,
    feature,
    lines,
    point,
    sliced,
    square,
)
from twin.errors import EmptySource, InvalidValue, UnknownFormat, UnreadableSource, WrongCrs
from twin.geo import crs as frames
from twin.ingest.run import dry_run, run_import
from twin.ingest.source import Options
from twin.store import Store

STATIONS = "ev_st-evcdp_2022-06/stations.csv"
DISTRICTS = "districts_10_transbigdata.geojson.gz"


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store.create(tmp_path / "twin", name="town") as made:
        yield made


@pytest.fixture
def inbox(tmp_path: Path) -> Path:
    folder = tmp_path / "inbox"
    folder.mkdir()
    return folder


def statuses(report: object) -> dict[str, str]:
    return {source.name: source.status for source in report.sources}  # type: ignore[attr-defined]


# Shenzhen: what a twin knows of where it lies


def test_shifted_stations_are_stopped_by_the_districts(shared_data: Path, store: Store) -> None:
    """Read as WGS84 the stations lie 500 m off; the error says so, names GCJ-02, and the twin is as it was."""
    shenzhen = shared_data / "shenzhen"
    run_import(store, [shenzhen / DISTRICTS], Options())
    before = (store.counts(), store.newest_change(), len(store.imports()))
    for attempt in (run_import, lambda store, *rest: dry_run(*rest, store=store)):
        with pytest.raises(WrongCrs, match=r"read as WGS84 it lies off.*look like GCJ02. Import it with --datum gcj02"):
            attempt(store, [shenzhen / STATIONS], Options())
    assert (store.counts(), store.newest_change(), len(store.imports())) == before
    report = run_import(store, [shenzhen / STATIONS], Options(datum="gcj02"))
    assert report.taken == {"sensor": 1_706}
    assert store.counts() == {"district": 10, "sensor": 1_706}


def test_a_dry_run_refuses_what_the_import_would(shared_data: Path, store: Store, inbox: Path) -> None:
    """Districts and stations come together into a twin that is not there yet."""
    for name in (DISTRICTS, STATIONS):
        shutil.copy(shared_data / "shenzhen" / name, inbox)
    trial = dry_run([inbox], Options())
    real = run_import(store, [inbox], Options())
    assert statuses(trial) == {DISTRICTS: "would-take", "stations.csv": "failed"}
    assert statuses(real) == {DISTRICTS: "taken", "stations.csv": "failed"}
    assert trial.failed[0].reason == real.failed[0].reason
    assert store.counts() == {"district": 10}


def test_too_much_shifting_is_found_as_well(shared_data: Path, store: Store) -> None:
    """Zones in WGS84 said to be BD-09, over the districts."""
    shenzhen = shared_data / "shenzhen"
    run_import(store, [shenzhen / DISTRICTS], Options())
    with pytest.raises(WrongCrs, match=r"read as bd09 it lies off the district.*--datum gcj02"):
        run_import(store, [shenzhen / STATIONS], Options(datum="bd09"))


def test_metro_lands_in_its_districts(shared_data: Path, store: Store) -> None:
    shenzhen = shared_data / "shenzhen"
    paths = [
        shenzhen / name
        for name in (
            "metro_stations_amap_gcj02.json.gz",
            DISTRICTS,
            "admin_codes_district_street_community.csv",
            "taz_zones_st-evcdp_shp.zip",
        )
    ]
    report = run_import(store, paths, Options())
    names = [source.name for source in report.sources if source.status == "taken"]
    assert names[0].startswith("admin_codes")  # names first, shapes next, points last
    assert names[-1].startswith("metro")
    assert store.counts() == {"district": 10, "street": 79, "community": 788, "grid": 491, "hub": 181}
    longhua = store.get("district:440309")  # its shape came under its name, its streets under its code
    assert longhua.footprint is not None
    assert len([child for child in store.children(longhua.id) if child.kind == "street"]) == 6


def test_another_city_does_not_get_mixed_in(store: Store, inbox: Path) -> None:
    run_import(store, [written(inbox, "here.ndjson", buildings(5)).path], Options())
    away = lines(*(feature(square(i, lon=121.47, lat=31.23), f"far-{i}", height=3) for i in range(5)))
    with pytest.raises(WrongCrs, match=r"far.ndjson: it lies at 121.47.* km away from what is in this twin"):
        run_import(store, [written(inbox, "far.ndjson", away).path], Options())
    assert store.counts() == {"building": 5}


def test_houses_on_a_shifted_map_do_not_fit_the_grid(store: Store, inbox: Path) -> None:
    """The same town twice, the second time as a GCJ-02 map has it: no areas are there, the outline tells."""
    spread = [(LON + 0.0005 * (i % 20), LAT + 0.0005 * (i // 20)) for i in range(400)]
    rings = [square(0, lon=lon, lat=lat) for lon, lat in spread]
    plain = lines(*(feature(ring, f"house-{i}", height=3) for i, ring in enumerate(rings)))
    shifted = [frames.wgs84_to_gcj02(np.array(ring)).tolist() for ring in rings]
    moved = lines(*(feature(ring, f"again-{i}", height=3) for i, ring in enumerate(shifted)))
    run_import(store, [written(inbox, "plain.ndjson", plain).path], Options())
    again = written(inbox, "moved.ndjson", moved).path
    with pytest.raises(WrongCrs, match="look like GCJ02"):
        run_import(store, [again], Options())
    assert run_import(store, [again], Options(datum="gcj02")).taken == {"building": 400}


# All or nothing


def test_the_same_file_again_changes_nothing(store: Store, inbox: Path) -> None:
    path = written(inbox, "town.ndjson", buildings(50)).path
    first, again = (run_import(store, [path], Options()).sources[0] for _ in range(2))
    assert (first.added, first.changed, first.unchanged) == (50, 0, 0)
    assert (again.added, again.changed, again.unchanged) == (0, 0, 50)
    grown = run_import(store, [written(inbox, "town.ndjson", buildings(60)).path], Options()).sources[0]
    assert (grown.added, grown.unchanged) == (10, 50)


def test_a_file_cut_in_its_middle_leaves_nothing(store: Store, inbox: Path) -> None:
    """The first pass reads the whole of it, but a packed file is only known to be cut when its end is not there."""
    packed = gzip.compress(buildings(9_000).encode())
    (inbox / "town.ndjson.gz").write_bytes(packed[: len(packed) - 30])
    before = store.newest_change()
    with pytest.raises(UnreadableSource, match=r"town.ndjson.gz: the file is truncated. Fetch the file again"):
        run_import(store, [inbox], Options())
    assert (store.counts(), store.newest_change(), store.imports()) == ({}, before, [])


def test_one_bad_file_among_good_ones(store: Store, inbox: Path) -> None:
    written(inbox, "a.ndjson", buildings(3))
    written(inbox, "b.ndjson", buildings(4, first=100)[:-20])
    written(inbox, "c.geojson", collection(point(ident="S-00001", sensor="smoke")))
    written(inbox, "readme.txt", "Not city data")
    trial = dry_run([inbox], Options())
    report = run_import(store, [inbox], Options())
    assert statuses(report) == {
        "a.ndjson": "taken",
        "b.ndjson": "failed",
        "c.geojson": "taken",
        "readme.txt": "skipped",
    }
    assert statuses(trial) == {name: was.replace("taken", "would-take") for name, was in statuses(report).items()}
    assert trial.taken == report.taken == {"building": 3, "sensor": 1}
    assert store.counts() == {"building": 3, "sensor": 1}
    (failed,) = report.failed
    assert failed.reason == "it is truncated in line 4"
    assert failed.taken == {}


def test_ctrl_c_leaves_nothing(store: Store, inbox: Path) -> None:
    path = written(inbox, "town.ndjson", buildings(3_000)).path
    ticks = 0

    def interrupt(_source: str, _done: int, _total: int) -> None:
        nonlocal ticks
        ticks += 1
        if ticks == 4:
            raise KeyboardInterrupt

    before = store.newest_change()
    with pytest.raises(KeyboardInterrupt):
        run_import(store, [path], Options(), interrupt)
    assert (store.counts(), store.newest_change(), store.imports()) == ({}, before, [])
    assert run_import(store, [path], Options()).taken == {"building": 3_000}


def test_refused_objects_are_in_the_quarantine_list(store: Store, inbox: Path) -> None:
    rows = lines(feature(square(), "good-1", height=3), feature(bowtie(1), "crossed-1", height=-9999))
    report = run_import(store, [written(inbox, "town.ndjson", rows).path], Options())
    (row,) = store.quarantine().rows
    assert (row.issue.code, row.issue.path) == ("geometry.self-intersection", "town.ndjson:2 crossed-1")
    assert row.import_id == report.sources[0].import_id
    assert report.sources[0].refused == 1
    assert report.as_dict()["refused"] == 1


def test_nothing_but_refused_objects_is_no_import(store: Store, inbox: Path) -> None:
    path = written(inbox, "town.ndjson", lines(feature(bowtie(), "crossed-1", height=3))).path
    with pytest.raises(EmptySource, match=r"none of its 1 objects could be taken: .*ambiguous"):
        run_import(store, [path], Options())
    metro = {"s": "深圳", "l": [{"st": [{"n": "老街", "sl": "somewhere"}], "kn": "1"}]}
    with pytest.raises(
        EmptySource, match=r"none of its 1 objects could be taken: The station has no name or no usable"
    ):
        run_import(store, [written(inbox, "metro.json", metro).path], Options())
    assert store.imports() == []


def test_metres_where_degrees_should_be(store: Store, inbox: Path) -> None:
    ring = [[85_000, 447_000], [85_010, 447_000], [85_010, 447_010], [85_000, 447_000]]
    rows = lines(*(feature([[x + 20 * i, y] for x, y in ring], f"house-{i}", height=3) for i in range(5)))
    path = written(inbox, "town.ndjson", rows).path
    with pytest.raises(WrongCrs, match=r"town.ndjson: 5 of its 5 objects are not on Earth.*--crs EPSG:28992"):
        run_import(store, [path], Options())
    assert run_import(store, [path], Options(crs="EPSG:28992")).taken == {"building": 5}


def test_things_are_linked_to_areas_that_come_later(store: Store, inbox: Path) -> None:
    houses = written(inbox, "town.ndjson", buildings(4)).path
    run_import(store, [houses], Options())
    assert store.get("house-0").parent is None
    grid = collection(feature(square(0, 0.01), grid_code="440309001001001"))
    report = run_import(store, [written(inbox, "grid.geojson", grid).path], Options())
    assert report.linked == 4
    assert store.get("house-0").parent == "grid:440309001001001"


# What is there to import


def test_nothing_to_import(inbox: Path) -> None:
    with pytest.raises(EmptySource, match=r"inbox: there is no file in it"):
        dry_run([inbox], Options())
    with pytest.raises(InvalidValue, match=r"nowhere: there is no such file or folder"):
        dry_run([inbox / "nowhere"], Options())
    written(inbox, "readme.txt", "Not city data")
    written(inbox, ".hidden.ndjson", buildings(3))
    with pytest.raises(
        UnknownFormat, match=r"readme.txt: no importer takes this kind of file. These are taken: .*OpenS"
    ):
        dry_run([inbox], Options())
    (inbox / "empty.geojson").touch()
    with pytest.raises(UnknownFormat, match=r"empty.geojson: it is empty"):
        dry_run([inbox / "empty.geojson"], Options())


def test_a_broken_archive(inbox: Path) -> None:
    (inbox / "town.zip").write_bytes(b"PK\x03\x04 and no more")
    with pytest.raises(UnreadableSource, match=r"town.zip: the zip cannot be read"):
        dry_run([inbox], Options())


def test_archives_are_walked(store: Store, inbox: Path) -> None:
    with zipfile.ZipFile(inbox / "town.zip", "w") as archive:
        archive.writestr("deep/a.ndjson", buildings(2))
        archive.writestr("b.geojson", json.dumps(collection(feature(square(9), "house-9", height=3))))
        archive.writestr("__MACOSX/._b.geojson", "litter")
    report = run_import(store, [inbox], Options())
    assert statuses(report) == {"town.zip!b.geojson": "taken", "town.zip!deep/a.ndjson": "taken"}
    assert store.counts() == {"building": 3}


def test_a_slice_of_kochi_in_and_out(shared_data: Path, store: Store, tmp_path: Path) -> None:
    source = sliced(shared_data / "citymodels" / "kochi_plateau2023" / "kochi_buildings.ndjson.gz", tmp_path, 1_000)
    report = run_import(store, [source.path], Options())
    assert report.taken == {"building": 1_000}
    columns = store.columns("building")
    assert 31.9 < columns.base_m.min() < columns.base_m.max() < 36.7
    assert store.meta.ground_m == pytest.approx(36.5, abs=0.2)
