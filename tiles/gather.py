"""From the store to the features of a layer: which entities are in it, and which of them are drawn.

A building and its parts are never drawn on top of one another:
- parts with meshes replace their whole;
- a whole with a mesh, whose parts have none, replaces its parts;
- where nobody has a mesh, parts are cut out of their whole, and what they leave of it stays: mappers often draw but a
  tower or a canopy as a part. Where less than a tenth is left, the parts replace the whole.
A click gives the part where there is one, and the whole elsewhere.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
import shapely

from tiles.content import Meshes
from tiles.features import Features, drawn_heights, footprint_bounds
from tiles.metadata import Table, column_values
from tiles.roofing import ROOF_FIELDS, measures, roofs_of
from tiles.solids import finest, mesh_extent
from twin.geo.planar import uncovered
from twin.kinds import Kind
from twin.store import Columns, Store
from twin.types import F64, I64, U32, U64, Bools, Objects, object_array

PARTS: dict[str, str] = {"building": "building_part"}
"""Layer -> the kind whose entities are pieces of the layer's own and are drawn in it."""

OWN_FIELDS = ("height", "storeys", "base", "above")
"""Columns that come from fields of the entity; all others are attributes."""

LEAST_LEFT = 0.1
"""Share of a whole's footprint that its parts must leave uncovered for the rest to be drawn."""

BOTTOM = "min_height_m"
"""Attribute of what does not reach the ground: how high its bottom is above it, where its base is not known itself."""

_NOBODY = -1


@dataclass(frozen=True, slots=True)
class Gathered:
    """A layer's features, where to get their meshes, and how many entities have no shape at all.

    read  numbers of all entities that were looked at, drawn or not
    """

    features: Features
    meshes: Meshes
    shapeless: int
    read: U32


def gather(
    store: Store,
    kind: Kind,
    *,
    numbers: Sequence[int] | None = None,
    at: int | None = None,
    known_at: int | None = None,
) -> Gathered:
    """Everything of a kind, and of the kind of its parts, that is to be drawn: now, or as it was.

    `numbers`: only these entities, and with each the whole that it is a part of and all parts of that.
    """
    names = [column.name for column in kind.columns if column.name not in OWN_FIELDS]
    names += [name for name in (*ROOF_FIELDS, BOTTOM) if kind.form == "volume"]
    read = partial(store.columns, names=names, at=at, known_at=known_at)
    wholes = read(kind.id, numbers=numbers)
    whole_of = np.zeros(0, dtype=np.uint32)
    if kind.form == "surface":
        wholes = replace(wholes, wkb=object_array([None] * len(wholes.ids)))  # what it covers is no block of it
    columns, parts_from, looked_at, outlines = wholes, len(wholes.ids), wholes.numbers, wholes.wkb
    if kind.id in PARTS and (known_at is not None or store.holds(PARTS[kind.id])):
        parts = read(PARTS[kind.id], numbers=numbers)
        if numbers is not None:
            missing = set(numbers) - {*wholes.numbers.tolist(), *parts.numbers.tolist()}
            wholes, parts = _families(read, kind.id, wholes, parts, store.ids(sorted(missing)))
        looked_at = np.concatenate((wholes.numbers, parts.numbers))
        columns, parts_from, whole_of, outlines = _drawn(wholes, parts)
    whole = np.zeros(len(columns.ids), dtype=np.uint32)
    whole[parts_from:] = whole_of
    order = np.argsort(columns.numbers, kind="stable")
    columns, whole, outlines = columns.take(order), whole[order], outlines[order]
    shaped = has_shape(columns)
    meshes = partial(store.meshes, at=at, known_at=known_at)
    outlines = outlines[shaped]

    def ground(floating: Bools) -> F64:
        return np.nan_to_num(store.ground_below(outlines[floating], at=at, known_at=known_at))

    features = _features(kind, columns.take(shaped), whole[shaped], meshes, ground)
    return Gathered(features, meshes, int((~shaped).sum()), looked_at)


Read = partial[Columns]


def _families(read: Read, kind: str, wholes: Columns, parts: Columns, ended: Iterable[str]) -> tuple[Columns, Columns]:
    """Add the wholes of some parts, and all parts of the wholes, also of those that have `ended`."""
    known = set(wholes.ids)
    missing = sorted({parent for parent in parts.parents if parent is not None} - known)
    if missing:
        wholes = Columns.joined([wholes, read(kind, ids=missing)])
    siblings = read(PARTS[kind], parents=[*wholes.ids, *ended])
    new = ~np.isin(siblings.numbers, parts.numbers)
    return wholes, Columns.joined([parts, siblings.take(new)])


def _drawn(wholes: Columns, parts: Columns) -> tuple[Columns, int, U32, Objects]:
    """What is drawn of wholes and their parts, the parts last; where they begin; (p,) the number of each's whole.

    And (n,) the outline that each stands on: a part stands where its whole does, and a whole on all of its own.
    The stamp of whoever has a family stands for the whole family: what one member says may change another.
    """
    whole_of = whole_rows(wholes, parts)
    wholes, parts = _stamp_families(wholes, parts, whole_of)
    dropped_wholes, dropped_parts, cut = overlapping(wholes, parts, whole_of)
    parts = _inherit(wholes, parts, whole_of)
    outlines = wholes.wkb
    wholes, covered = _cut_out(wholes, cut, parts, whole_of)
    stays = ~(dropped_wholes | covered)
    above = np.append(wholes.numbers, np.uint32(0))[whole_of][~dropped_parts]
    below = np.append(outlines, object_array([None]))[whole_of]
    below = np.where([outline is None for outline in below], parts.wkb, below)[~dropped_parts]
    drawn = Columns.joined([wholes.take(stays), parts.take(~dropped_parts)])
    return drawn, int(stays.sum()), above, np.concatenate((outlines[stays], below))


def _stamp_families(wholes: Columns, parts: Columns, whole_of: I64) -> tuple[Columns, Columns]:
    belongs = np.flatnonzero(whole_of != _NOBODY)
    together = np.zeros(len(wholes.ids) + 1, dtype=np.uint64)
    np.add.at(together, whole_of[belongs], _mixed(parts.stamps[belongs] ^ _mixed(parts.numbers[belongs])))
    heads = np.flatnonzero(np.bincount(whole_of[belongs], minlength=len(wholes.ids)))
    together[heads] += wholes.stamps[heads]
    own = wholes.stamps.copy()
    own[heads] = _mixed(together[heads])
    others = parts.stamps.copy()
    others[belongs] = _mixed(parts.stamps[belongs] + together[whole_of[belongs]])
    return replace(wholes, stamps=own), replace(parts, stamps=others)


def _mixed(values: U64 | U32) -> U64:
    """Spread every bit of a value over all of its bits (the finaliser of splitmix64)."""
    mixed = values.astype(np.uint64) + np.uint64(0x9E3779B97F4A7C15)
    mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return mixed ^ (mixed >> np.uint64(31))


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
    """A part that says nothing of its base or an attribute has its whole's; its roof and its bottom are its own."""
    row = np.flatnonzero(whole_of != _NOBODY)
    base = parts.base_m.copy()
    above = np.nan_to_num(measures(parts.attributes.get(BOTTOM), len(base)))
    base[row] = np.where(np.isnan(base[row]), wholes.base_m[whole_of[row]] + above[row], base[row])
    attributes = {}
    for name, values in parts.attributes.items():
        if name in (*ROOF_FIELDS, BOTTOM):
            attributes[name] = values
            continue
        filled = values.copy()
        blank = row[[value is None for value in values[row]]]
        filled[blank] = wholes.attributes[name][whole_of[blank]]
        attributes[name] = filled
    return replace(parts, base_m=base, attributes=attributes)


def _table(kind: Kind, columns: Columns, base: F64, above: F64) -> Table:
    """What tiles say of each: (n,) where it is drawn to begin, and how high that is above the ground."""
    own: dict[str, Iterable[object]] = {
        "height": columns.height_m,
        "storeys": np.where(columns.storeys < 0, 0, columns.storeys),
        "base": base,
        "above": above,
    }
    return Table(
        object_array(columns.ids),
        columns.numbers,
        {
            column.name: column_values(column, list(own.get(column.name, columns.attributes.get(column.name, []))))
            for column in kind.columns
        },
    )


def _features(kind: Kind, columns: Columns, whole: U32, meshes: Meshes, ground: Callable[[Bools], F64]) -> Features:
    bounds = footprint_bounds(columns.wkb)
    base, height = columns.base_m.copy(), drawn_heights(columns.height_m, columns.storeys)
    _measure_meshes(meshes, columns, bounds, base, height)
    stamps = columns.stamps.copy()
    floating = np.isnan(base)
    below = ground(floating)
    stamps[floating] ^= _mixed(below.view(np.uint64))
    above = np.nan_to_num(measures(columns.attributes.get(BOTTOM), len(base)))
    base[floating] = below + above[floating]
    roofs = roofs_of(columns.attributes, len(base))
    table = _table(kind, columns, base, above)
    return Features(table, columns.wkb, base, height, columns.has_mesh, bounds, stamps, whole, roofs)


def _measure_meshes(meshes: Meshes, columns: Columns, bounds: F64, base: F64, height: F64) -> None:
    """Where only a mesh says where an entity stands, its extent does; one mesh at a time is in memory."""
    unplaced = np.flatnonzero(columns.has_mesh & (np.isnan(bounds).any(axis=1) | np.isnan(base)))
    row_of = {columns.ids[row]: row for row in unplaced}
    for id_, levels in meshes(list(row_of)):
        mesh = finest(levels)
        if mesh is not None:
            row = row_of[id_]
            bounds[row], base[row], height[row] = mesh_extent(mesh)
