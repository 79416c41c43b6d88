"""`twin presence`: the questions at the command line, over a small twin with real places."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import shapely
from typer.testing import CliRunner

from twin.cli.presence import group
from twin.entity import Entity
from twin.errors import InvalidValue, InvalidWindow, NotATwin, UnknownPerson, UnknownPlace, UnreadableSource
from twin.presence import Presence, StayBatch
from twin.pseudonyms import Pseudonyms
from twin.store import SourceInfo, Store

NINE = 1_710_032_400  # 2024-03-10 09:00 in Shanghai
MARKUP = "[red]shop[/red]"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A twin of one house with two flats and a shop, and three persons: Ann, Ben and Cai."""
    folder = tmp_path_factory.mktemp("twin") / "house"
    square = shapely.to_wkb(shapely.box(114.03, 22.61, 114.0301, 22.6101))
    things = [
        Entity("house", "building", footprint=square, base_m=20.0, height_m=9.0, storeys=3),
        Entity("flat", "unit", parent="house", footprint=square, attributes={"name": "Flat 201", "level": 2}),
        Entity("shop", "premises", parent="house", footprint=square, attributes={"name": MARKUP, "level": 1}),
    ]
    with Store.create(folder, name="house") as store:
        store.write(things, source=SourceInfo("test", "test", "EPSG:4326", "wgs84", "ellipsoidal", NINE))
        keys = store.places.assign(["flat", "shop"], np.tile([114.03005, 22.61005], (2, 1)), np.array([2, 1]))
        flat, shop = (int(key) for key in keys)
    stays = [(0, flat, 0, 7200), (1, flat, 3600, 9000), (0, shop, 8000, 9000), (2, shop, 8500, 8600)]
    who, place, start, end = (np.array(column) for column in zip(*stays, strict=True))
    zeros = np.zeros(4, dtype=np.uint8)
    with Presence.open(folder / "presence", zone="Asia/Shanghai", write=True) as presence:
        names = Pseudonyms.open(folder).of(["Ann", "Ben", "Cai"])
        times = (start + NINE).astype(np.int64), (end + NINE).astype(np.int64)
        batch = StayBatch(names, who.astype(np.uint32), place.astype(np.uint64), *times, zeros, zeros)
        presence.ingest(batch, key="one")
    return folder


def said(folder: Path, *words: str) -> str:
    outcome = CliRunner().invoke(group, [*words, "--in", str(folder)], catch_exceptions=False, env={"COLUMNS": "200"})
    assert outcome.exit_code == 0, outcome.output
    return outcome.output


def test_companions_as_json(folder: Path) -> None:
    words = ("companions", "Ann", "--from", "2024-03-10", "--to", "2024-03-11", "--min-overlap", "1", "--json")
    answer = json.loads(said(folder, *words))
    ben, cai = (name.hex() for name in Pseudonyms.open(folder).of(["Ben", "Cai"]))
    assert [(row["person"], row["minutes"], row["certain"]) for row in answer["rows"]] == [
        (ben, 60, True),
        (cai, 1.67, True),
    ]
    assert answer["rows"][0]["evidence"][0]["place"]["name"] == "Flat 201"
    assert answer["rows"][0]["evidence"][0]["start_local"] == "2024-03-10T10:00:00+08:00"
    assert answer["window"]["start"] == NINE - 9 * 3600
    assert answer["total"] == 2


def test_companions_as_a_table_names_nobody(folder: Path) -> None:
    text = said(folder, "companions", "Ann", "--min-overlap", "1", "--limit", "1")
    assert "Flat 201" in text
    assert "1 of 2 rows" in text
    assert "--cursor" in text
    assert "Ann" not in text


def test_the_cursor_gets_the_rest(folder: Path) -> None:
    words = ("companions", "Ann", "--min-overlap", "1", "--limit", "1", "--json")
    first = json.loads(said(folder, *words))
    second = json.loads(said(folder, *words, "--cursor", first["next"]))
    assert (first["left_out"], second["next"]) == (1, None)
    assert first["rows"][0]["person"] != second["rows"][0]["person"]


def test_trajectory_and_visitors(folder: Path) -> None:
    text = said(folder, "trajectory", "Ann")
    assert "2024-03-10 09:00:00" in text
    assert MARKUP in text
    answer = json.loads(said(folder, "visitors", "house", "--json"))
    assert answer["total"] == 3
    assert json.loads(said(folder, "visitors", "shop", "--min-overlap", "10", "--json"))["total"] == 1


def test_stats_and_verify(folder: Path) -> None:
    stats = json.loads(said(folder, "stats", "--json"))
    assert (stats["people"], stats["stays"], stats["days"]) == (3, 4, 1)
    assert "2024-03-10 09:00:00" in said(folder, "stats")
    assert "1 segments, every checksum is right" in said(folder, "verify")


def test_verify_finds_a_changed_byte(folder: Path) -> None:
    segment = next((folder / "presence").glob("*.arrow"))
    whole = segment.read_bytes()
    try:
        segment.write_bytes(whole[:-20] + b"!" + whole[-19:])
        with pytest.raises(UnreadableSource, match=segment.name):
            said(folder, "verify")
    finally:
        segment.write_bytes(whole)


@pytest.mark.parametrize(
    ("words", "error"),
    [
        (("companions", "Nobody"), UnknownPerson),
        (("companions", "Ann", "--from", "2024-03-11", "--to", "2024-03-10"), InvalidWindow),
        (("companions", "Ann", "--from", "yesterday"), InvalidValue),
        (("companions", "Ann", "--scale", "street"), InvalidValue),
        (("companions", "Ann", "--scale", "cell"), InvalidValue),
        (("companions", "Ann", "--res", "9"), InvalidValue),
        (("companions", "Ann", "--cursor", "abc"), InvalidValue),
        (("visitors", "palace"), UnknownPlace),
    ],
)
def test_bad_input(folder: Path, words: tuple[str, ...], error: type[Exception]) -> None:
    with pytest.raises(error) as caught:
        said(folder, *words)
    assert "Nobody" not in str(caught.value)


def test_no_twin_here(tmp_path: Path) -> None:
    with pytest.raises(NotATwin):
        said(tmp_path, "stats")
