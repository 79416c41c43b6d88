"""Roofs from the store to the tile: what is stated is built, what does not suit is flat and named."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import shapely

from tests.tiles.test_build import contents
from tests.tiles.test_validator import reports
from tiles import build_layer, check_layer, expected_ids, layer_kind
from tiles.build import BuildReport
from tiles.gather import gather
from tiles.read import decode
from twin.entity import Entity
from twin.geo.planar import ROOF
from twin.store import SourceInfo, Store

SOURCE = SourceInfo("test", "made up", "EPSG:4326", "wgs84", "ellipsoidal", 1_700_000_000)
BUILDING = layer_kind("building")
FORMS = ("flat", "skillion", "gabled", "gambrel", "round", "hipped", "mansard", "pyramidal", "dome")


def oblong(number: int) -> bytes:
    lon = 24.94 + number * 1e-3
    return shapely.to_wkb(shapely.box(lon, 60.17, lon + 4e-4, 60.1701))


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store.create(tmp_path / "twin", name="test") as made:
        yield made


def tops(store: Store) -> tuple[BuildReport, dict[str, np.ndarray]]:
    """Build and check; (k, 3) corners above each feature's own lowest, by id."""
    report = build_layer(store, "building", store.folder / "tiles")
    folder = store.folder / "tiles" / "building"
    assert check_layer(folder, expected=gather(store, BUILDING).features) == []
    assert check_layer(folder, expected=expected_ids(store, BUILDING)) == []
    found = {}
    for data in contents(folder).values():
        tile = decode(data)
        for feature, id_ in enumerate(tile.columns["id"]):
            found[id_] = tile.xyz[tile.feature == feature]
    return report, found


def roof_areas(store: Store) -> dict[str, float]:
    """Square metres of roof, seen from above, by id."""
    found = {}
    for data in contents(store.folder / "tiles" / "building").values():
        tile = decode(data)
        a, b, c = (tile.xyz[tile.triangles[:, i], :2] for i in range(3))
        double = (b[:, 0] - a[:, 0]) * (c[:, 1] - a[:, 1]) - (b[:, 1] - a[:, 1]) * (c[:, 0] - a[:, 0])
        roof = tile.part[tile.triangles[:, 0]] == ROOF
        areas = np.bincount(tile.feature[tile.triangles[roof, 0]], double[roof] / 2)
        found |= dict(zip(tile.columns["id"], areas.tolist(), strict=True))
    return found


def test_every_form_is_built_within_its_height(store: Store) -> None:
    attributes = {"roof_height_m": 3.0, "roof_facing_deg": 180.0}
    store.write(
        [
            Entity(form, "building", footprint=oblong(at), base_m=5.0, height_m=12.0,
                   attributes={"roof_form": form} | attributes)
            for at, form in enumerate(FORMS)
        ],
        source=SOURCE,
    )  # fmt: skip
    report, found = tops(store)
    assert report.issues == []
    assert [one for one in reports(store.folder / "tiles") if one["errors"] or one["warnings"]] == []
    drawn = roof_areas(store)
    assert drawn == pytest.approx(dict.fromkeys(FORMS, np.median(list(drawn.values()))), rel=0.01)
    assert drawn["flat"] == pytest.approx(4e-4 * 55_600 * 1e-4 * 111_400, rel=0.01), "once, and all of the footprint"
    for form, xyz in found.items():
        high = xyz[:, 2] - xyz[:, 2].min()
        assert high.max() == pytest.approx(12.0, abs=0.02)
        levels = {round(value) for value in high}
        assert (levels == {0, 12}) == (form == "flat")
        assert form == "flat" or 9 in levels, "the eaves"


def test_what_does_not_suit_is_flat_and_named(store: Store) -> None:
    ell = shapely.box(24.94, 60.17, 24.9404, 60.1702) - shapely.box(24.9401, 60.1701, 24.95, 60.18)
    store.write(
        [
            Entity("ell", "building", footprint=shapely.to_wkb(ell), height_m=9.0, attributes={"roof_form": "hipped"}),
            Entity("many", "building", footprint=oblong(3), height_m=9.0, attributes={"roof_form": "many"}),
        ],
        source=SOURCE,
    )
    report, found = tops(store)
    assert {(issue.code, issue.path) for issue in report.issues} == {
        ("geometry.roof", "ell"),
        ("geometry.roof", "many"),
    }
    assert "not convex" in next(issue.message for issue in report.issues if issue.path == "ell")
    assert len(np.unique(np.round(found["ell"][:, 2], 1))) == 2


def test_an_edit_of_the_roof_makes_another_tile(store: Store) -> None:
    def house(**attributes: object) -> Entity:
        return Entity("house", "building", footprint=oblong(0), base_m=0.0, height_m=9.0, attributes=attributes)

    store.write([house(roof_form="gabled")], source=SOURCE)
    _, gabled = tops(store)
    store.write([house(roof_form="flat")], source=SOURCE)
    report, flat = tops(store)
    assert report.packed == 1
    assert len(gabled["house"]) != len(flat["house"])


def test_parts_have_roofs_and_bottoms_of_their_own(store: Store) -> None:
    """The tower of a church: the nave's roof is not the tower's, and the lantern begins where the tower ends."""
    store.write(
        [
            Entity("church", "building", footprint=oblong(0), base_m=10.0, height_m=20.0,
                   attributes={"roof_form": "gabled", "use": "church"}),
            Entity("tower", "building_part", parent="church", footprint=oblong(0), height_m=40.0),
            Entity("lantern", "building_part", parent="church", footprint=oblong(0), height_m=5.0,
                   attributes={"min_height_m": 40.0, "roof_form": "pyramidal", "roof_height_m": 5.0}),
            Entity("bridge", "building", footprint=oblong(2), height_m=4.0, attributes={"min_height_m": 6.0}),
        ],
        source=SOURCE,
    )  # fmt: skip
    store.refresh_meta()
    features = gather(store, BUILDING).features
    base = dict(zip(features.table.ids.tolist(), features.base_m.tolist(), strict=True))
    assert base == {"tower": 10.0, "lantern": 50.0, "bridge": 16.0}
    assert dict(zip(base, features.table.columns["base"].tolist(), strict=True)) == base
    assert features.table.columns["above"].tolist() == [{"lantern": 40.0, "bridge": 6.0}.get(id_, 0.0) for id_ in base]
    _, found = tops(store)
    assert len(np.unique(np.round(found["tower"][:, 2], 1))) == 2
    assert np.ptp(found["lantern"][:, 2]) == pytest.approx(5.0, abs=0.02)
