"""A small made-up place for the tests of tiles."""

from __future__ import annotations

import numpy as np
import shapely

from tiles.features import Features, content_stamps, drawn_heights, footprint_bounds
from tiles.metadata import Table, column_values
from twin.kinds import BY_ID

KIND = BY_ID["building"]
LON, LAT = 114.03, 22.65


def objects(values: list) -> np.ndarray:
    array = np.empty(len(values), dtype=object)
    array[:] = values
    return array


def features(shapes: list[shapely.Geometry], base: np.ndarray, height: np.ndarray, **columns: list) -> Features:
    """Buildings b0, b1, … numbered from 1."""
    count = len(shapes)
    wkb = objects([shapely.to_wkb(shape) for shape in shapes])
    unknown = {"storeys": [0] * count, "above": [0] * count, "use": [""] * count}
    given = {"height": height.tolist(), "base": base.tolist()} | unknown | columns
    table = Table(
        objects([f"b{i}" for i in range(count)]),
        np.arange(1, count + 1, dtype=np.uint32),
        {column.name: column_values(column, given[column.name]) for column in KIND.columns},
    )
    drawn = drawn_heights(height, np.full(count, -1))
    return made(table, wkb, base, drawn, np.zeros(count, dtype=bool))


def made(table: Table, wkb: np.ndarray, base: np.ndarray, height: np.ndarray, has_mesh: np.ndarray) -> Features:
    """Features that no store keeps; none is a part."""
    stamps, wholes = content_stamps(table, wkb, base, height, has_mesh), np.zeros(len(base), dtype=np.uint32)
    return Features(table, wkb, base, height, has_mesh, footprint_bounds(wkb), stamps, wholes)


def village(count: int, *, seed: int = 1, spread_deg: float = 0.01) -> Features:
    """Houses of 5 to 60 m sides, 3 to 90 m high, strewn around one point."""
    rng = np.random.default_rng(seed)
    middles = np.array([LON, LAT]) + rng.uniform(-spread_deg, spread_deg, (count, 2))
    half = rng.uniform(2.5e-5, 3e-4, (count, 2))
    shapes = list(shapely.box(*(middles - half).T, *(middles + half).T))
    height = np.where(rng.random(count) < 0.1, np.nan, rng.uniform(3, 90, count))
    uses = [["residential", "office", None, "学校"][i] for i in rng.integers(0, 4, count)]
    storeys = rng.integers(0, 30, count).tolist()
    return features(shapes, rng.uniform(10, 20, count), height, use=uses, storeys=storeys)
