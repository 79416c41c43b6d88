"""An edit of one building until its tile is made anew."""

from __future__ import annotations

import gc
import random
import time
from dataclasses import replace
from pathlib import Path

from benchmarks.report import Goal, Report
from tiles.build import build_layer
from tiles.follow import Follower
from twin.store import SourceInfo, Store

REPACKED = Goal(20)


def measure_edits(report: Report, twin: Path, what: str, edits: int) -> None:
    """Raise the height of one building after the other; each time only what it concerns may be made."""
    dice = random.Random(5)
    source = SourceInfo("benchmark", "benchmark", "EPSG:4979", "wgs84", "ellipsoidal", int(time.time()))
    took, packed = [], []
    with Store.open(twin) as store:
        build_layer(store, "building", store.folder / "tiles")
        follower = Follower(store, store.folder / "tiles" / "building")
        ids = store.values("building").ids
        gc.freeze()  # as the server does
        for edit in range(edits + 1):
            building = store.get(dice.choice(ids))
            store.write([replace(building, height_m=(building.height_m or 3.0) + 1.0)], source=source)
            began = time.perf_counter()
            update = follower.update()
            if edit and update is not None:  # the first one reads the layer
                took.append((time.perf_counter() - began) * 1000)
                packed.append(float(update.packed))
    report.add(f"{what}: edit of one building until its tile is written", took, "ms", goal=REPACKED)
    report.add(f"{what}: tiles made for an edit", packed, "tiles")
