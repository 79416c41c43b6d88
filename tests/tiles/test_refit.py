"""A content in which a few features were changed has the bytes that packing all of them anew gives, or is not made."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely.affinity import translate

from tests.tiles.village import KIND, LAT, LON, features, objects
from tiles.build import frame_of
from tiles.content import pieces
from tiles.features import Features, footprint_bounds
from tiles.refit import refit
from twin.geo.planar import read_footprints, rings_of
from twin.geo.roof_forms import FORMS, Roofs
from twin.issues import Issue

FRAME = frame_of(KIND, (LON, LAT, 10.0), 1 << 20)
USES = ["", "office", "学校"]


def outline(kind: int) -> shapely.Geometry:
    """A square, an L, a square with a court, two squares, some 20 m wide."""
    square = shapely.box(0, 0, 2e-4, 2e-4)
    small = shapely.box(1e-4, 1e-4, 1.5e-4, 1.5e-4)
    apart = shapely.MultiPolygon([square, translate(square, 3e-4)])
    return [square, square.difference(translate(small, 5e-5, 5e-5)), square.difference(small), apart][kind]


def town(count: int, seed: int, spread: float) -> Features:
    """Buildings of every outline and every form of roof, strewn around one point."""
    rng = np.random.default_rng(seed)
    kinds = rng.integers(0, 4, count).tolist()
    spots = (np.array([LON, LAT]) + rng.uniform(-spread, spread, (count, 2))).tolist()
    shapes = [translate(outline(kind), *spot) for kind, spot in zip(kinds, spots, strict=True)]
    uses = [USES[i] for i in rng.integers(0, 3, count)]
    made = features(shapes, rng.uniform(10, 20, count), rng.uniform(6, 60, count), use=uses)
    form = np.where(rng.random(count) < 0.5, 0, rng.integers(0, len(FORMS) - 1, count)).astype(np.uint8)
    facing = rng.uniform(0, 360, count)
    return replace(made, roofs=Roofs(form, np.full(count, np.nan), facing, rng.random(count) < 0.5))


def changed(place: Features, row: int, what: str, value: int) -> Features:
    """The town after one change of one building."""
    table = place.table
    match what:
        case "height":
            height = place.height_m.copy()
            height[row] = value
            column = table.columns["height"].copy()
            column[row] = value
            return replace(place, height_m=height, table=replace(table, columns=table.columns | {"height": column}))
        case "base":
            base = place.base_m.copy()
            base[row] += value / 100
            return replace(place, base_m=base)
        case "use":
            column = table.columns["use"].copy()
            column[row] = USES[value % 3]
            return replace(place, table=replace(table, columns=table.columns | {"use": column}))
        case "form":
            assert place.roofs is not None
            form = place.roofs.form.copy()
            form[row] = value % (len(FORMS) - 1)
            return replace(place, roofs=replace(place.roofs, form=form))
    shape = shapely.from_wkb(place.footprint[row])
    shape = translate(shape, value * 1e-6) if what == "move" else translate(outline(value % 4), *shape.bounds[:2])
    footprint = place.footprint.copy()
    footprint[row] = shapely.to_wkb(shape)
    return replace(place, footprint=footprint, bounds=footprint_bounds(footprint))


def packed(place: Features) -> tuple[bytes, list[Issue]]:
    """The content, and what was amiss."""
    issues: list[Issue] = []
    (piece,) = pieces(place, FRAME, None, issues)
    return piece.packed.glb, issues


def refitted(content: tuple[bytes, list[Issue]], changed: Features) -> tuple[bytes, list[Issue]] | None:
    """As `packed` gives it; None where it is not made."""
    glb = refit(*content, changed, FRAME)
    return None if glb is None else (glb, content[1])


CHANGES = st.tuples(
    st.integers(0, 29), st.sampled_from(["height", "base", "use", "form", "move", "outline"]), st.integers(3, 60)
)


@settings(max_examples=40, deadline=None)
@given(st.integers(1, 30), st.integers(0, 99), st.sampled_from([1e-3, 5e-3, 5e-2]), st.lists(CHANGES, max_size=4))
def test_the_bytes_of_packing_anew_or_none(count: int, seed: int, spread: float, changes: list) -> None:
    before = after = town(count, seed, spread)
    for row, what, value in changes:
        after = changed(after, row % count, what, value)
    rows = np.array(sorted({row % count for row, _, _ in changes}), dtype=np.int64)
    if len(rows):
        assert refitted(packed(before), after.take(rows)) in (None, packed(after))


@pytest.mark.parametrize("spread", [1e-3, 5e-2])
@pytest.mark.parametrize(("what", "value"), [("height", 30), ("use", 2), ("base", 1), ("move", 3)])
def test_most_edits_are_made_so(what: str, value: int, spread: float) -> None:
    before = town(40, 4, spread)
    content, made = packed(before), 0
    for row in range(40):
        after = changed(before, row, what, value)
        again = refitted(content, after.take(np.array([row])))
        assert again in (None, packed(after))
        made += again is not None
    assert made >= 30


def test_what_would_move_others_or_a_column_is_packed_anew() -> None:
    before = town(30, 1, 1e-3)
    content = packed(before)
    highest = int(np.argmax(before.base_m + before.height_m))
    for height in (5, 90):
        assert refitted(content, changed(before, highest, "height", height).take(np.array([highest]))) is None
    other = replace(before.table, numbers=before.table.numbers + np.uint32(100))
    assert refitted(content, replace(before, table=other).take(np.array([3]))) is None
    silent = replace(before.table, columns=before.table.columns | {"use": objects([""] * len(before))})
    place = replace(before, table=silent)
    assert refitted(packed(place), changed(place, 3, "use", 1).take(np.array([3]))) is None
    said = changed(place, 3, "use", 1)
    assert refitted(packed(said), place.take(np.array([3]))) is None


def test_a_new_fault_is_packed_anew() -> None:
    """A gable on an outline that takes none: drawn flat as before, but now that has to be said."""
    before = town(30, 1, 1e-3)
    content = packed(before)
    assert before.roofs is not None
    tried = 0
    for row in np.flatnonzero(before.roofs.form == 0).tolist():
        after = changed(before, row, "form", FORMS.index("gabled"))
        if packed(after)[1] != content[1]:
            tried += 1
            assert refitted(content, after.take(np.array([row]))) is None
    assert tried


def test_a_footprint_comes_out_the_same_alone_and_among_others() -> None:
    """What `refit` builds on: no last bit of a corner depends on who stands beside it."""
    place = town(40, 2, 5e-3)
    together = rings_of(read_footprints(place.footprint)[0])
    for row in range(40):
        alone = rings_of(read_footprints(place.footprint[[row]])[0])
        assert np.array_equal(together.xy[together.owner == row], alone.xy)
