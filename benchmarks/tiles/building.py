"""Cities into tiles: from arrays in memory, from the store, and a million footprints."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import shapely

from benchmarks.memory import forget_peak, peak_gb
from benchmarks.report import Goal, Report
from tiles.build import build_features, build_layer
from tiles.features import Features
from tiles.gather import gather
from tiles.layers import layer_kind
from tiles.metadata import Table
from twin.store import Store

FROM_ARRAYS, FROM_STORE = Goal(30_000, at_least=True), Goal(15_000, at_least=True)
"""Buildings a second (DESIGN 9), of footprints alone."""

MILLION_GB = 1.0
"""What a million footprints may take."""


def measure_city(report: Report, twin: Path, work: Path, what: str, *, footprints: bool, repeat: int) -> None:
    """Tile the buildings of a twin `repeat` times, each in a new folder; goals hold for cities of footprints alone."""
    kind = layer_kind("building")
    arrays, stored, sizes, shown = [], [], [], 0
    with Store.open(twin) as store:
        gathered = gather(store, kind)
        for turn in range(repeat):
            folder = work / f"{twin.name}-{turn}"
            began = time.perf_counter()
            built = build_features(gathered.features, kind, folder / "arrays", meshes=gathered.meshes)
            arrays.append(built.features / (time.perf_counter() - began))
            whole = build_layer(store, kind.id, folder / "store")
            stored.append(whole.features / whole.seconds)
            sizes.append(built.bytes / built.features)
            shown = built.features
    report.data[what] = {"features": shown, "bytes of tiles": round(sizes[0] * shown)}
    report.add(f"{what}: tiled from arrays", arrays, "buildings/s", goal=FROM_ARRAYS if footprints else None)
    report.add(f"{what}: tiled from the store", stored, "buildings/s", goal=FROM_STORE if footprints else None)
    report.add(f"{what}: tiles before brotli", sizes, "B/building")


def measure_million(report: Report, twin: Path, work: Path, count: int) -> None:
    """As many footprints as wanted, the city laid out again and again side by side, in one process."""
    kind = layer_kind("building")
    with Store.open(twin) as store:
        features = _repeated(gather(store, kind).features, count)
    forget_peak()
    began = time.perf_counter()
    built = build_features(features, kind, work / "million")
    seconds = time.perf_counter() - began
    what = f"{built.features:,} footprints from arrays"
    report.add(what, [built.features / seconds], "buildings/s", goal=FROM_ARRAYS)
    report.add(f"{what}: peak memory, the arrays included", [peak_gb()], "GB", goal=MILLION_GB)


def _repeated(city: Features, count: int) -> Features:
    """(count,) features: copies of a city, each a little farther east, with numbers and stamps of their own."""
    city = city.take(np.flatnonzero(city.placed & ~city.has_mesh))
    width = float(city.bounds[:, 2].max() - city.bounds[:, 0].min())
    copy, row = np.divmod(np.arange(count), len(city))
    some = city.take(row)
    moved = np.zeros(count, dtype=object)
    for number in range(int(copy[-1]) + 1):
        there = copy == number
        shapes = shapely.from_wkb(some.footprint[there])
        shift = np.array([number * width, 0.0])
        moved[there] = shapely.to_wkb(shapely.transform(shapes, lambda xy, by=shift: xy + by))
    numbers = np.arange(1, count + 1, dtype=np.uint32)
    ids = np.array([f"b{number}" for number in range(count)], dtype=object)
    bounds = some.bounds + copy[:, None] * np.array([width, 0.0, width, 0.0])
    table = Table(ids, numbers, some.table.columns)
    stamp = some.stamp + copy.astype(np.uint64)
    return replace(some, table=table, footprint=moved, bounds=bounds, stamp=stamp, roofs=None)
