"""A twin of one house with two flats and a shop, and three persons: Ann, Ben and Cai."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import shapely

from twin.entity import Entity
from twin.presence import Presence, StayBatch
from twin.pseudonyms import Pseudonyms
from twin.store import SourceInfo, Store

NINE = 1_710_032_400  # 2024-03-10 09:00 in Shanghai
MARKUP = "[red]shop[/red]"
PEOPLE = ("Ann", "Ben", "Cai")
CORNERS = (114.03, 22.61, 114.0301, 22.6101)


def make_house(folder: Path) -> Path:
    """The twin in a new folder."""
    square = shapely.to_wkb(shapely.box(*CORNERS))
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
        names = Pseudonyms.open(folder).of(PEOPLE)
        times = (start + NINE).astype(np.int64), (end + NINE).astype(np.int64)
        batch = StayBatch(names, who.astype(np.uint32), place.astype(np.uint64), *times, zeros, zeros)
        presence.ingest(batch, key="one")
    return folder
