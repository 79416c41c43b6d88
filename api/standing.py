"""How high things stand, also where that is not known of them: as the tiles draw them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from tiles import BOTTOM, PARTS
from tiles.roofing import measures
from twin.entity import Entity
from twin.store import Store
from twin.types import F64, Objects, object_array


def stand_at(store: Store, entities: Sequence[Entity], at: int | None = None, known_at: int | None = None) -> F64:
    """(n,) ellipsoidal metres of the lowest point of each; NaN where nothing is known.

    The base that is known; else that of the whole that it is a part of; else the ground below that one, or below
    itself. On the latter two it is as high above as it says.
    """
    base = np.array([entity.base_m for entity in entities], dtype=np.float64)
    floating = np.flatnonzero(np.isnan(base))
    if not len(floating):
        return base
    below, outlines = _of_wholes(store, [entities[row] for row in floating], at, known_at)
    grounded = np.isnan(below)
    below[grounded] = store.ground_below(outlines[grounded], at=at, known_at=known_at)
    above = measures(object_array([entities[row].attributes.get(BOTTOM) for row in floating]), len(floating))
    base[floating] = below + np.nan_to_num(above)
    return base


def _of_wholes(store: Store, entities: Sequence[Entity], at: int | None, known_at: int | None) -> tuple[F64, Objects]:
    """(n,) metres at which the wholes stand that some are parts of, as far as known; and what each stands on."""
    below, outlines = np.full(len(entities), np.nan), object_array([entity.footprint for entity in entities])
    for kind, part in PARTS.items():
        rows = [row for row, entity in enumerate(entities) if entity.kind == part and entity.parent is not None]
        parents = [str(entities[row].parent) for row in rows]
        wholes = store.columns(kind, ids=sorted(set(parents)), at=at, known_at=known_at) if rows else None
        place = {id_: i for i, id_ in enumerate(wholes.ids)} if wholes else {}
        for row, parent in zip(rows, parents, strict=True):
            if wholes is not None and parent in place:
                below[row] = wholes.base_m[place[parent]]
                outlines[row] = wholes.wkb[place[parent]] or outlines[row]
    return below, outlines
