"""The twin that is made: what is stored is what was drawn, and the planted truth can be found in it."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import numpy as np
import orjson
import pytest

from twin.errors import Conflict
from twin.geo.cells import UNKNOWN_FLOOR, cell_resolution, keys_to_cells, keys_to_floors
from twin.presence import Presence
from twin.pseudonyms import Pseudonyms
from twin.store import Store
from twin.synth import Made, Spec, make_synthetic
from twin.synth.make import DEFAULT_NAME
from twin.types import Window

Stay = tuple[int, int, int, int, int]  # place, start, end, source, quality


@pytest.fixture(scope="module")
def stays(made: tuple[Path, Made]) -> dict[str, list[Stay]]:
    """Every person's stays as the presence store tells them."""
    edges = Spec.small().midnights()
    with Presence.open(made[0] / "presence", zone="Asia/Shanghai") as presence:
        everybody = {}
        for person in range(presence.stats().people):
            rows = presence.trajectory(person, Window(edges[0], edges[-1]), limit=None).rows
            everybody[presence.pseudonym(person).hex()] = [
                (row.place, row.start, row.end, row.source, row.quality) for row in rows
            ]
    return everybody


def test_what_is_made_is_told(made: tuple[Path, Made]) -> None:
    folder, told = made
    with Store.open(folder) as store:
        counts = store.counts()
        assert sum(counts.values()) == told.entities
        assert counts["building"] == 300
        assert counts["camera"] == 120
        assert counts["sensor"] == 450
        assert store.meta.name == DEFAULT_NAME
        assert store.meta.feed == "synthetic"
        assert store.meta.ground_m == 72.0
        assert store.quarantine(severity=None).total == 0
    with Presence.open(folder / "presence", zone="Asia/Shanghai") as presence:
        stats = presence.stats()
    assert (stats.people, stats.stays, stats.days) == (2_000, told.stays, 3)
    assert not list(folder.parent.glob(".*.making"))


def test_a_person_can_be_asked_for_by_identity(made: tuple[Path, Made], stays: dict[str, list[Stay]]) -> None:
    assert len(stays) == 2_000
    for identity in ("P000001", "P000123", "P002000"):
        assert stays[Pseudonyms.open(made[0]).resolve(identity).hex()]


def test_stays_of_one_source_never_overlap(stays: dict[str, list[Stay]]) -> None:
    for rows in stays.values():
        for source in (1, 2, 3, 4):
            own = sorted((start, end) for _, start, end, at, _ in rows if at == source)
            assert all(a[1] <= b[0] for a, b in pairwise(own))


def test_sources_are_as_messy_as_real_ones(stays: dict[str, list[Stay]]) -> None:
    rows = np.array([row for person in stays.values() for row in person], dtype=object)
    place, source, quality = rows[:, 0].astype(np.uint64), rows[:, 3].astype(int), rows[:, 4].astype(int)
    assert set(source.tolist()) == {1, 2, 3, 4}
    assert ((source == 3) == (quality == 1)).all()
    coarse = cell_resolution(keys_to_cells(place)) == 9
    assert (coarse == (source == 4)).all()
    unknown = keys_to_floors(place) == UNKNOWN_FLOOR
    assert 0.02 < (unknown & ~coarse).mean() < 0.05
    assert 0.01 < coarse.mean() < 0.04


def test_the_planted_trees_are_trees_and_every_edge_is_a_recorded_meeting(
    made: tuple[Path, Made], stays: dict[str, list[Stay]]
) -> None:
    truth = orjson.loads((made[0] / "synth" / "outbreaks.json").read_bytes())
    seen: set[str] = set()
    assert len(truth["outbreaks"]) == 3
    for outbreak in truth["outbreaks"]:
        cases = {case["person"]: case for case in outbreak["cases"]}
        assert len(cases) == len(outbreak["cases"]) >= 3
        assert not seen & set(cases)
        seen |= set(cases)
        assert outbreak["cases"][0]["person"] == outbreak["index"]
        assert len(outbreak["transmissions"]) == len(cases) - 1
        assert {edge["infectee"] for edge in outbreak["transmissions"]} == set(cases) - {outbreak["index"]}
        for edge in outbreak["transmissions"]:
            infector, infectee = cases[edge["infector"]], cases[edge["infectee"]]
            assert infectee["infector"] == edge["infector"]
            assert infectee["generation"] == infector["generation"] + 1
            assert infector["infectious_from"] <= edge["start"] < edge["end"] <= infector["infectious_to"] + 86_400
            assert infectee["infected_at"] == edge["end"] < infectee["infectious_from"]
            assert edge["end"] - edge["start"] >= 600
            assert int(keys_to_floors([edge["place"]["key"]])[0]) == edge["place"]["floor"] != UNKNOWN_FLOOR
            for person in (edge["infector"], edge["infectee"]):
                assert any(
                    place == edge["place"]["key"] and start <= edge["start"] and edge["end"] <= end and quality == 0
                    for place, start, end, _, quality in stays[person]
                ), "no recorded stay there"


def test_places_are_described_by_their_entities(made: tuple[Path, Made]) -> None:
    truth = orjson.loads((made[0] / "synth" / "outbreaks.json").read_bytes())
    with Store.open(made[0]) as store:
        for outbreak in truth["outbreaks"]:
            for edge in outbreak["transmissions"]:
                place = store.places.describe(np.array([edge["place"]["key"]], dtype=np.uint64))[0]
                assert (place.entity_id, place.floor) == (edge["place"]["entity"], edge["place"]["floor"])


def test_a_folder_that_holds_something_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "note").write_text("mine")
    with pytest.raises(Conflict, match="something already"):
        make_synthetic(tmp_path, Spec.small())
    assert [path.name for path in tmp_path.iterdir()] == ["note"]


def test_nothing_is_left_when_it_is_interrupted(tmp_path: Path) -> None:
    def interrupt(stage: str, done: int, total: int) -> None:
        if stage == "stays" and done == 1:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        make_synthetic(tmp_path / "twin", Spec.small(), progress=interrupt)
    assert list(tmp_path.iterdir()) == []


def test_the_same_seed_gives_the_same_stays(made: tuple[Path, Made], tmp_path: Path) -> None:
    again = make_synthetic(tmp_path / "again", Spec.small())
    assert (again.stays, again.cases, again.entities) == (made[1].stays, made[1].cases, made[1].entities)
    truths = [
        orjson.loads((folder / "synth" / "outbreaks.json").read_bytes()) for folder in (made[0], tmp_path / "again")
    ]
    places = [
        [[edge["place"], edge["start"]] for o in truth["outbreaks"] for edge in o["transmissions"]] for truth in truths
    ]
    assert places[0] == places[1]
