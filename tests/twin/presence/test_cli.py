"""`twin presence`: the questions at the command line, over a small twin with real places."""

from __future__ import annotations

import json
from pathlib import Path

import networkx
import pytest
from typer.testing import CliRunner

from scenes.epidemic.queries import QUESTIONS
from tests.exported import read_back
from tests.twin.presence.house import CORNERS, MARKUP, NINE, PEOPLE, make_house
from twin.cli.presence import group
from twin.errors import (
    InvalidValue,
    InvalidWindow,
    NotATwin,
    UnknownFormat,
    UnknownPerson,
    UnknownPlace,
    UnreadableSource,
)
from twin.presence.export import FORMATS, Format
from twin.presence.export.parquet import Parquet
from twin.pseudonyms import Pseudonyms


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_house(tmp_path_factory.mktemp("twin") / "house")


def said(folder: Path, *words: str, input: str | None = None, columns: int = 200) -> str:
    words = (*words, "--in", str(folder))
    outcome = CliRunner().invoke(group, words, catch_exceptions=False, env={"COLUMNS": str(columns)}, input=input)
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


def test_meetings_and_shared_places(folder: Path) -> None:
    answer = json.loads(said(folder, "meetings", "Ann", "Ben", "Cai", "--json"))
    assert sorted((row["minutes"], row["meetings"]) for row in answer["rows"]) == [(1.67, 1), (60, 1)]
    assert {len(row["intervals"]) for row in answer["rows"]} == {1}
    answer = json.loads(said(folder, "shared-places", "Ann", "Ben", "Cai", "--json"))
    found = {row["place"]["name"]: (row["cases"], row["footfall"], len(row["who"])) for row in answer["rows"]}
    assert found == {"Flat 201": (2, 2, 2), MARKUP: (2, 2, 2)}
    assert sorted(row["gatherings"][0]["minutes"] for row in answer["rows"]) == [1.67, 60]
    assert json.loads(said(folder, "shared-places", "Ann", "Ben", "Cai", "--at-least", "3", "--json"))["rows"] == []
    assert "Flat 201" in said(folder, "shared-places", "Ann", "Ben", "--together")


def test_network_and_degrees(folder: Path) -> None:
    answer = json.loads(said(folder, "network", "--json"))
    assert [(row["place"]["name"], row["people"], row["meetings"]) for row in answer["rows"]] == [
        ("Flat 201", 2, 1),
        (MARKUP, 2, 0),
    ]
    text = said(folder, "network", "house", "--by", "day", "--theta", "1")
    assert "2024-03-10 00:00" in text or "2024-03-10 09:00" in text
    assert "place " not in text
    answer = json.loads(said(folder, "degrees", "--theta", "1", "--json"))
    ann = Pseudonyms.open(folder).of(["Ann"])[0].hex()
    assert [(row["meetings"], row["met"]) for row in answer["rows"]] == [(2, None), (1, None), (1, None)]
    assert (answer["rows"][0]["person"], answer["most"], answer["distribution"]) == (ann, 2, [[1, 2], [2, 1]])
    text = said(folder, "degrees", "Ann", "--place", "flat", "--met")
    assert "people met" in text
    assert "1.0 meetings on average, 1 at the most" in text
    with pytest.raises(InvalidValue, match="divides places"):
        said(folder, "network", "--scale", "radius", "--radius", "30")


def test_a_contact_graph_into_a_file(folder: Path, tmp_path: Path) -> None:
    answer = json.loads(said(folder, "contact-graph", "Ann", "Ben", "Cai", "--min-overlap", "0", "--json"))
    assert [row["minutes"] for row in answer["rows"]] == [60, 1.67]
    path = tmp_path / "graph.graphml"
    said(folder, "contact-graph", "--place", "house", "--min-overlap", "0", "--export", str(path))
    assert {frozenset(edge) for edge in networkx.read_graphml(path).edges} == {
        frozenset((row["person"], row["other"])) for row in answer["rows"]
    }
    with pytest.raises(InvalidValue, match="bounded set"):
        said(folder, "contact-graph")


def test_lingering(folder: Path) -> None:
    (row,) = json.loads(said(folder, "lingering", "Ann", "--json", "--half-life", "15"))["rows"]
    assert (row["minutes"], row["direct"], row["evidence"][0]["after_minutes"]) == (30, True, 0)
    assert 15 < row["exposure_minutes"] < 30


def test_a_chain_and_times_from_files(folder: Path, tmp_path: Path) -> None:
    words = ("chain", "Ben", "--theta", "1", "--latency", "0", "--hops", "any", "--json")
    answer = json.loads(said(folder, *words))
    assert [row["hops"] for row in answer["rows"]] == [1, 2]
    assert answer["reached"] == [1, 1]
    assert [step["place"]["name"] for step in answer["rows"][1]["path"]] == ["Flat 201", MARKUP]
    times = tmp_path / "times.csv"
    times.write_text("Ann,2024-03-10T11:00\n")
    assert len(json.loads(said(folder, *words, "--isolation", str(times)))["rows"]) == 1
    times.write_text("Ben, 2024-03-10T10:59:30\n")
    assert json.loads(said(folder, *words, "--seed-times", str(times)))["rows"] == []
    times.write_text("Ann\n")
    with pytest.raises(UnreadableSource):
        said(folder, *words, "--isolation", str(times))


def test_a_pseudonym_is_never_cut_short(folder: Path) -> None:
    names = {name.hex() for name in Pseudonyms.open(folder).of(["Ann", "Ben"])}
    text = said(folder, "meetings", "Ann", "Ben", columns=80)
    assert all(name in text for name in names)


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


def test_people_from_a_file_and_from_standard_input(folder: Path, tmp_path: Path) -> None:
    words = ("companions", "--min-overlap", "1", "--json", "--people")
    several = json.loads(said(folder, "companions", "Ann", "Cai", "--min-overlap", "1", "--json"))
    file = tmp_path / "people.txt"
    file.write_text("\ufeffAnn\n\n Cai \n", "utf-8")
    for answer in (said(folder, *words, str(file)), said(folder, *words, "-", input="Ann\nCai\n")):
        assert json.loads(answer)["rows"] == several["rows"]


@pytest.mark.parametrize(
    ("words", "people"),
    [
        (("--scale", "floor"), {"Ben", "Cai"}),
        (("--scale", "building"), {"Ben", "Cai"}),
        (("--scale", "building", "--same-floor", "--min-overlap", "2"), {"Ben"}),
        (("--scale", "cell", "--res", "9", "--ring", "1", "--same-floor"), {"Ben", "Cai"}),
        (("--scale", "square", "--side", "500", "--origin", "114,22.6"), {"Ben", "Cai"}),
        (("--scale", "radius", "--radius", "100"), {"Ben", "Cai"}),
        (("--min-overlap", "60", "--strict"), set()),
        (("--min-overlap", "60", "--per", "meeting"), {"Ben"}),
        (("--min-overlap", "10", "--per", "span", "--span", "30"), {"Ben"}),
        (("--sources", "1,2"), set()),
        (("--doubtful", "0"), {"Ben", "Cai"}),
        (("--scale", "run"), set()),
        (("--as-of", "1"), {"Ben", "Cai"}),
        (("--force",), {"Ben", "Cai"}),
    ],
)
def test_scales_and_thresholds(folder: Path, words: tuple[str, ...], people: set[str]) -> None:
    answer = json.loads(said(folder, "companions", "Ann", "--min-overlap", "1", "--json", *words))
    pseudonyms = {name.hex(): person for name, person in zip(Pseudonyms.open(folder).of(PEOPLE), PEOPLE, strict=True)}
    assert {pseudonyms[row["person"]] for row in answer["rows"]} == people
    assert all(row["certain"] == ("--doubtful" not in words) for row in answer["rows"])


def test_visitors_of_a_part_of_the_map(folder: Path, tmp_path: Path) -> None:
    west, south, east, north = CORNERS
    ring = [[west, south], [east, south], [east, north], [west, north], [west, south]]
    shape = {"type": "Polygon", "coordinates": [ring]}
    feature = {"type": "Feature", "properties": {}, "geometry": {"type": "MultiPolygon", "coordinates": [[ring]]}}
    for at, drawn in enumerate((shape, feature, {"type": "FeatureCollection", "features": [feature]})):
        file = tmp_path / f"{at}.geojson"
        file.write_text(json.dumps(drawn))
        assert json.loads(said(folder, "visitors", "--polygon", str(file), "--json"))["total"] == 3
    box = ",".join(str(number) for number in CORNERS)
    assert json.loads(said(folder, "visitors", "--bbox", box, "--json"))["total"] == 3


def test_a_window_longer_than_is_kept_says_what_is(folder: Path) -> None:
    words = ("companions", "Ann", "--from", "2024-03-01", "--to", "2024-04-01")
    assert "kept are stays from 2024-03-10T09:00:00+08:00 to 2024-03-10T11:30:00+08:00" in said(folder, *words)
    inside = ("--from", "2024-03-10T09:00", "--to", "2024-03-10T11:00")
    assert "kept are" not in said(folder, "companions", "Ann", *inside)


def test_nothing_is_kept_of_a_window(folder: Path) -> None:
    with pytest.raises(InvalidWindow, match="2024-03-10T09:00:00"):
        said(folder, "companions", "Ann", "--from", "2023-01-01", "--to", "2023-02-01")


@pytest.mark.parametrize(
    ("words", "error"),
    [
        (("companions", "Nobody"), UnknownPerson),
        (("companions", "Ann", "Nobody"), UnknownPerson),
        (("companions",), InvalidValue),
        (("companions", "Ann", "--from", "2024-03-11", "--to", "2024-03-10"), InvalidWindow),
        (("companions", "Ann", "--from", "yesterday"), InvalidValue),
        (("companions", "Ann", "--from", "1900-01-01"), InvalidWindow),
        (("companions", "Ann", "--scale", "street"), InvalidValue),
        (("companions", "Ann", "--scale", "cell"), InvalidValue),
        (("companions", "Ann", "--scale", "estate"), InvalidValue),
        (("companions", "Ann", "--res", "9"), InvalidValue),
        (("companions", "Ann", "--side", "9"), InvalidValue),
        (("companions", "Ann", "--scale", "square", "--origin", "here"), InvalidValue),
        (("companions", "Ann", "--scale", "radius", "--radius", "-1"), InvalidValue),
        (("companions", "Ann", "--min-overlap", "-1"), InvalidValue),
        (("companions", "Ann", "--min-overlap", "nan"), InvalidValue),
        (("companions", "Ann", "--per", "year"), InvalidValue),
        (("companions", "Ann", "--span", "60"), InvalidValue),
        (("companions", "Ann", "--bridge", "-5"), InvalidValue),
        (("companions", "Ann", "--sources", "1000"), InvalidValue),
        (("companions", "Ann", "--sources", "1.5"), InvalidValue),
        (("companions", "Ann", "--as-of", "99"), InvalidValue),
        (("companions", "Ann", "--as-of", "2999-01-01"), InvalidValue),
        (("companions", "Ann", "--limit", "0"), InvalidValue),
        (("companions", "Ann", "--cursor", "abc"), InvalidValue),
        (("companions", "--people", "nowhere.txt"), UnreadableSource),
        (("visitors", "palace"), UnknownPlace),
        (("visitors", "rail/1/2/3/4/5"), InvalidValue),
        (("meetings", "Ann"), InvalidValue),
        (("shared-places", "Ann", "Ben", "--at-least", "0"), InvalidValue),
        (("lingering", "Ann", "--half-life", "0"), InvalidValue),
        (("lingering", "Ann", "--linger", "-1"), InvalidValue),
        (("chain", "Ann", "--theta", "10", "--latency", "60"), InvalidValue),
        (("chain", "Ann", "--theta", "10", "--hops", "2"), InvalidValue),
        (("chain", "Ann", "--theta", "0", "--latency", "60", "--hops", "2"), InvalidValue),
        (("chain", "Ann", "--theta", "1", "--latency", "60", "--hops", "0"), InvalidValue),
        (("chain", "Ann", "--theta", "1", "--latency", "60", "--hops", "many"), InvalidValue),
        (("chain", "Ann", "--theta", "1", "--latency", "6", "--hops", "2", "--direction", "up"), InvalidValue),
        (("visitors",), InvalidValue),
        (("visitors", "house", "--bbox", "1,2,3,4"), InvalidValue),
        (("visitors", "--bbox", "3,2,1,4"), InvalidValue),
        (("visitors", "--polygon", "nowhere.json"), UnreadableSource),
    ],
)
def test_bad_input(folder: Path, words: tuple[str, ...], error: type[Exception]) -> None:
    with pytest.raises(error) as caught:
        said(folder, *words)
    assert "Nobody" not in str(caught.value)
    assert "Ann" not in str(caught.value)


def test_a_wrong_option_is_named_as_it_is_typed(folder: Path) -> None:
    with pytest.raises(InvalidValue, match=r"--min-overlap: .*greater than or equal to 0.*companions --help"):
        said(folder, "companions", "Ann", "--min-overlap", "-1")


def test_one_of_many_is_not_named_but_found(folder: Path) -> None:
    with pytest.raises(UnknownPerson, match="person 2 of 3"):
        said(folder, "companions", "Ann", "Nobody", "Cai")


def test_no_twin_here(tmp_path: Path) -> None:
    with pytest.raises(NotATwin):
        said(tmp_path, "stats")


@pytest.mark.parametrize("form", FORMATS, ids=lambda form: form.suffix)
def test_an_export_holds_the_rows_of_the_answer(folder: Path, tmp_path: Path, form: Format) -> None:
    words, file = ("companions", "Ann", "--min-overlap", "1"), tmp_path / f"ann{form.suffix}"
    about = json.loads(said(folder, *words, "--export", str(file), "--json"))
    answer = json.loads(said(folder, *words, "--json"))
    assert read_back(file.read_bytes(), form.suffix, QUESTIONS["companions"].shape) == answer["rows"]
    assert (about["total"], about["rule"], about["export"]["bytes"]) == (2, answer["rule"], file.stat().st_size)
    assert "2 rows" in said(folder, *words, "--export", str(file))


def test_an_export_is_all_of_it_or_nothing(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    words = ("companions", "Ann", "--min-overlap", "1")
    for name, more, error in (
        ("a.xlsx", (), UnknownFormat),
        ("a.csv", ("--limit", "1"), InvalidValue),
        ("no/a.csv", (), InvalidValue),
        ("a.csv", ("--scale", "cell"), InvalidValue),
    ):
        with pytest.raises(error):
            said(folder, *words, "--export", str(tmp_path / name), *more)

    def interrupted(self: object, batch: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(Parquet, "write", interrupted)
    outcome = CliRunner().invoke(group, [*words, "--export", str(tmp_path / "a.parquet"), "--in", str(folder)])
    assert outcome.exit_code == 130
    assert not [*tmp_path.iterdir()]
