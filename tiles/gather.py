"""From the store to the features of a layer: which entities are in it, and which of them are drawn.

A building and its parts are never drawn on top of one another:
- parts with meshes replace their whole;
- a whole with a mesh, whose parts have none, replaces its parts;
- where nobody has a mesh, parts are cut out of their whole, and what they leave of it stays: mappers often draw but a
  tower or a canopy as a part. Where less than a tenth is left, the parts replace the whole.
A click gives the part where there is one, and the whole elsewhere.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np
import shapely

from tiles.content import Meshes
from tiles.features import Features, drawn_heights, footprint_bounds
from tiles.metadata import Table, column_values
from tiles.solids import finest, mesh_extent
from twin.geo.planar import uncovered
from twin.kinds import Kind
from twin.store import Columns, Store
from twin.types import F64, I64, Bools, Objects

PARTS: dict[str, str] = {"building": "building_part"}
"""Layer -> the kind whose entities are pieces of the layer's own and are drawn in it."""

OWN_FIELDS = ("height", "storeys")
"""Columns that come from fields of the entity; all others are attributes."""

LEAST_LEFT = 0.1
"""Share of a whole's footprint that its parts must leave uncovered for the rest to be drawn."""

_NOBODY = -1


@dataclass(frozen=True, slots=True)
class Gathered:
    """A layer's features, where to get their meshes, and how many entities have no shape at all."""

    features: Features
    meshes: Meshes
    shapeless: int


def gather(store: Store, kind: Kind) -> Gathered:
    """Everything of a kind, and of the kind of its parts, that is to be drawn."""
    names = [column.name for column in kind.columns if column.name not in OWN_FIELDS]
    wholes = store.columns(kind.id, names)
    if kind.id in PARTS:
        parts = store.columns(PARTS[kind.id], names)
        whole_of = whole_rows(wholes, parts)
        dropped_wholes, dropped_parts, cut = overlapping(wholes, parts, whole_of)
        parts = _inherit(wholes, parts, whole_of)
        wholes, covered = _cut_out(wholes, cut, parts, whole_of)
        columns = _one_after_the_other(_keep(wholes, ~(dropped_wholes | covered)), _keep(parts, ~dropped_parts))
    else:
        columns = wholes
    columns = _keep(columns, np.argsort(columns.numbers, kind="stable"))
    shaped = has_shape(columns)
    features = _features(store, kind, _keep(columns, shaped))
    return Gathered(features, store.meshes, int((~shaped).sum()))


def expected_ids(store: Store, kind: Kind) -> list[str]:
    """The ids that a complete layer of this kind draws, each once."""
    features = gather(store, kind).features
    return [str(id_) for id_ in features.table.ids[features.placed]]


def has_shape(columns: Columns) -> Bools:
    """(n,) whether an entity has a footprint or a mesh."""
    return np.array([wkb is not None for wkb in columns.wkb], dtype=bool) | columns.has_mesh


def whole_rows(wholes: Columns, parts: Columns) -> I64:
    """(n,) the row of each part's whole, -1 for a part without one."""
    row_of = {id_: row for row, id_ in enumerate(wholes.ids)}
    return np.array([row_of.get(parent, _NOBODY) for parent in parts.parents], dtype=np.int64)


def overlapping(wholes: Columns, parts: Columns, whole_of: I64) -> tuple[Bools, Bools, Bools]:
    """Which wholes and which parts are not drawn, because the others stand for them; which wholes are to be cut."""
    belongs = (whole_of != _NOBODY) & has_shape(parts)
    with_parts = _any_of(whole_of[belongs], len(wholes.ids))
    with_solid_parts = _any_of(whole_of[belongs & parts.has_mesh], len(wholes.ids))
    whole_stands = wholes.has_mesh & ~with_solid_parts
    dropped_parts = belongs & np.append(whole_stands, False)[whole_of]
    return with_solid_parts, dropped_parts, with_parts & ~with_solid_parts & ~whole_stands


def _cut_out(wholes: Columns, cut: Bools, parts: Columns, whole_of: I64) -> tuple[Columns, Bools]:
    """Wholes without the ground that their parts cover, and which of them have (next to) nothing left."""
    rows = np.flatnonzero(cut)
    footprints = np.array([wkb is not None for wkb in wholes.wkb[rows]], dtype=bool)
    covered = cut.copy()
    rows = rows[footprints]
    if not len(rows):
        return wholes, covered
    position = np.full(len(cut) + 1, _NOBODY)
    position[rows] = np.arange(len(rows))
    covers = np.flatnonzero(position[whole_of] != _NOBODY)
    left = uncovered(wholes.wkb[rows], parts.wkb[covers], position[whole_of[covers]])
    areas = shapely.area(shapely.from_wkb(wholes.wkb[rows], on_invalid="ignore"))
    kept = shapely.area(left) >= LEAST_LEFT * areas  # the area of nothing is NaN: not kept
    covered[rows[kept]] = False
    wkb = wholes.wkb.copy()
    wkb[rows[kept]] = shapely.to_wkb(left[kept])
    return replace(wholes, wkb=wkb), covered


def _any_of(rows: I64, count: int) -> Bools:
    return np.asarray(np.bincount(rows, minlength=count) > 0)


def _inherit(wholes: Columns, parts: Columns, whole_of: I64) -> Columns:
    """A part that says nothing of its base or an attribute has its whole's."""
    row = np.flatnonzero(whole_of != _NOBODY)
    base = parts.base_m.copy()
    base[row] = np.where(np.isnan(base[row]), wholes.base_m[whole_of[row]], base[row])
    attributes = {}
    for name, values in parts.attributes.items():
        filled = values.copy()
        blank = row[[value is None for value in values[row]]]
        filled[blank] = wholes.attributes[name][whole_of[blank]]
        attributes[name] = filled
    return replace(parts, base_m=base, attributes=attributes)


def _keep(columns: Columns, rows: Bools | I64) -> Columns:
    """Some rows, by a mask or by their positions."""
    chosen = np.flatnonzero(rows) if rows.dtype == bool else rows
    return Columns(
        ids=[columns.ids[row] for row in chosen],
        parents=columns.parents[chosen],
        numbers=columns.numbers[chosen],
        wkb=columns.wkb[chosen],
        base_m=columns.base_m[chosen],
        height_m=columns.height_m[chosen],
        storeys=columns.storeys[chosen],
        has_mesh=columns.has_mesh[chosen],
        attributes={name: values[chosen] for name, values in columns.attributes.items()},
    )


def _one_after_the_other(first: Columns, second: Columns) -> Columns:
    return Columns(
        ids=first.ids + second.ids,
        parents=np.concatenate((first.parents, second.parents)),
        numbers=np.concatenate((first.numbers, second.numbers)),
        wkb=np.concatenate((first.wkb, second.wkb)),
        base_m=np.concatenate((first.base_m, second.base_m)),
        height_m=np.concatenate((first.height_m, second.height_m)),
        storeys=np.concatenate((first.storeys, second.storeys)),
        has_mesh=np.concatenate((first.has_mesh, second.has_mesh)),
        attributes={
            name: np.concatenate((values, second.attributes[name])) for name, values in first.attributes.items()
        },
    )


def _features(store: Store, kind: Kind, columns: Columns) -> Features:
    own: dict[str, Iterable[object]] = {
        "height": columns.height_m,
        "storeys": np.where(columns.storeys < 0, 0, columns.storeys),
    }
    table = Table(
        _objects(columns.ids),
        columns.numbers,
        {
            column.name: column_values(column, list(own.get(column.name, columns.attributes.get(column.name, []))))
            for column in kind.columns
        },
    )
    bounds = footprint_bounds(columns.wkb)
    base, height = columns.base_m.copy(), drawn_heights(columns.height_m, columns.storeys)
    _measure_meshes(store, columns, bounds, base, height)
    base[np.isnan(base)] = store.meta.ground_m or 0.0
    return Features(table, columns.wkb, base, height, columns.has_mesh, bounds)


def _measure_meshes(store: Store, columns: Columns, bounds: F64, base: F64, height: F64) -> None:
    """Where a mesh is all there is, its extent says where the entity stands; one mesh at a time is in memory."""
    unplaced = np.flatnonzero(columns.has_mesh & np.isnan(bounds).any(axis=1))
    row_of = {columns.ids[row]: row for row in unplaced}
    for id_, levels in store.meshes(list(row_of)):
        mesh = finest(levels)
        if mesh is not None:
            row = row_of[id_]
            bounds[row], base[row], height[row] = mesh_extent(mesh)


def _objects(values: list[str]) -> Objects:
    array = np.empty(len(values), dtype=object)
    array[:] = values
    return array
