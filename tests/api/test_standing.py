"""What the answers say of how high a thing stands is what its tiles say."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import shapely

from api.standing import stand_at
from tests.tiles.test_gather import SOURCE, slope, square
from tiles import layer_kind
from tiles.gather import gather
from twin.entity import Entity
from twin.store import Store


def test_everything_stands_where_its_tile_draws_it(tmp_path: Path) -> None:
    camera = Entity("cam", "camera", footprint=bytes(shapely.to_wkb(shapely.Point(114.004, 22.0))))
    buildings = [
        Entity("known", "building", footprint=square(1), base_m=42.0, height_m=10),
        Entity("its part", "building_part", "known", square(1, 0.0, 0.4), height_m=10),
        Entity("low", "building", footprint=square(2), height_m=10),
        Entity("raised", "building", footprint=square(3), height_m=10, attributes={"min_height_m": 4}),
        Entity("whole", "building", footprint=square(4), height_m=10),
        Entity("bridge", "building_part", "whole", square(4, 0.0, 0.5), height_m=10, attributes={"min_height_m": 3}),
        Entity("houseless", "building_part", "nobody", square(5), height_m=10),
        Entity("far", "building", footprint=square(30), height_m=10),
    ]
    with Store.create(tmp_path / "twin", name="test") as store:
        store.write([*buildings, camera, Entity("nowhere", "camera")], source=SOURCE)
        assert np.isnan(stand_at(store, [camera])).all()
        for terrain in ([], [slope()], [slope(20.0, 60.0)]):
            store.write(terrain, source=SOURCE)
            store.refresh_meta()
            features = gather(store, layer_kind("building")).features
            drawn = dict(zip(features.table.ids.tolist(), features.base_m.tolist(), strict=True))
            stands = stand_at(store, [*buildings, camera])
            assert [drawn[one.id] for one in buildings] == pytest.approx(stands[:-1].tolist())
        assert stands[-1] == pytest.approx(20 + 40 * 5 / 12, abs=0.1)
        assert stand_at(store, [store.get("nowhere")]).tolist() == [42.0]
        assert len(stand_at(store, [])) == 0
