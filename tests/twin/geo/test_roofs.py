"""Roofs held to what geometry books say of them: areas on the map, volumes, closed shells, where they slope to."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from twin.entity import SEMANTICS
from twin.geo.crs import metres_per_degree, xyz_to_lonlat
from twin.geo.planar import ROOF, WALL, Surface
from twin.geo.roof_field import REASONS
from twin.geo.roof_forms import FORMS, UNKNOWN, Roofs, form_code, profile, roof_heights
from twin.geo.roofs import roofed

ANCHOR = (11.57, 48.13, 520.0)
BASE, HEIGHT, ROOF_M = 520.0, 12.0, 4.0


def roofs(form: str, count: int = 1, *, high: float = ROOF_M, facing: float = np.nan, crosswise: bool = False) -> Roofs:
    full = np.full
    return Roofs(
        full(count, FORMS.index(form), np.uint8), full(count, high), full(count, facing), full(count, crosswise)
    )


def on_earth(shape: shapely.Geometry) -> shapely.Geometry:
    """Metres around the anchor to degrees, by the plane that the roofs are made in."""
    return shapely.transform(shape, lambda xy: xy / metres_per_degree(ANCHOR[1]) + np.array(ANCHOR[:2]))


def built(shape: shapely.Geometry, what: Roofs, height: float = HEIGHT) -> tuple[Surface, dict[int, str]]:
    return roofed(np.array([on_earth(shape)], dtype=object), what, [BASE], [height], ANCHOR)


def flat_xyz(surface: Surface) -> np.ndarray:
    """Metres on the map and above the base."""
    lonlat, up = xyz_to_lonlat(surface.xyz, ANCHOR)
    return np.column_stack(((lonlat - ANCHOR[:2]) * metres_per_degree(ANCHOR[1]), up - BASE))


def volume(surface: Surface) -> float:
    corners = flat_xyz(surface)[surface.triangles]
    return float(np.einsum("ij,ij->", corners[:, 0], np.cross(corners[:, 1], corners[:, 2])) / 6)


def area_on_map(surface: Surface) -> float:
    a, b, c = (flat_xyz(surface)[surface.triangles[:, i], :2] for i in range(3))
    double = (b[:, 0] - a[:, 0]) * (c[:, 1] - a[:, 1]) - (b[:, 1] - a[:, 1]) * (c[:, 0] - a[:, 0])
    roof = surface.part[surface.triangles[:, 0]] == ROOF
    assert (double[roof] > 0).all()
    return float(double[roof].sum() / 2)


def welded(xyz: np.ndarray) -> np.ndarray:
    """The same number for points within ten micrometres, whichever side of a grid line they lie on."""
    near = np.linalg.norm(xyz[:, None] - xyz[None], axis=2) < 1e-5
    return np.argmax(near, axis=1)


def assert_closed(surface: Surface, shape: shapely.Geometry) -> None:
    """Every edge is run along once each way, but for those on the ground; normals are those of the triangles."""
    xyz = flat_xyz(surface)
    corner = welded(xyz)
    edges = corner[surface.triangles][:, [0, 1, 1, 2, 2, 0]].reshape(-1, 2)
    down = np.zeros(corner.max() + 1, dtype=bool)
    down[corner[np.abs(xyz[:, 2]) < 1e-3]] = True
    forward: dict[tuple[int, int], int] = {}
    for a, b in edges.tolist():
        forward[a, b] = forward.get((a, b), 0) + 1
    for (a, b), times in forward.items():
        assert times == 1
        assert (b, a) in forward or (down[a] and down[b])
    a, b, c = (surface.xyz[surface.triangles[:, i]] for i in range(3))
    across = np.cross(b - a, c - a)
    normals = surface.normals[surface.triangles[:, 0]]
    assert np.einsum("ij,ij->i", across, normals) == pytest.approx(np.linalg.norm(across, axis=1), rel=1e-6)
    assert area_on_map(surface) == pytest.approx(shape.area, rel=1e-5)
    assert xyz[:, 2].min() == pytest.approx(0, abs=2e-3)


def hip_volume(long: float, short: float, high: float) -> float:
    return high * short * (3 * long - short) / 6


def under(form: str, share: float) -> float:
    """The mean of a profile between its ends, by a sum: of a field that every level covers alike."""
    knots, shares = profile(FORMS.index(form))
    return share * float(((shares[1:] + shares[:-1]) / 2 * np.diff(knots)).sum())


@settings(max_examples=25, deadline=None)
@given(
    st.floats(4, 60), st.floats(1, 3), st.floats(0, 180), st.floats(0.5, 12),
    st.sampled_from(["skillion", "gabled", "gambrel", "round", "hipped", "pyramidal"]),
)  # fmt: skip
def test_rectangles_have_the_volumes_of_the_books(
    short: float, ratio: float, turn: float, high: float, form: str
) -> None:
    long = short * ratio
    shape = shapely.affinity.rotate(shapely.box(0, 0, long, short), turn, origin=(0, 0))
    surface, refused = built(shape, roofs(form, high=high, facing=200.0 if form == "skillion" else np.nan))
    assert refused == {}
    assert_closed(surface, shape)
    walls = shape.area * (HEIGHT - high)
    expected = {
        "hipped": hip_volume(long, short, high),
        "pyramidal": shape.area * high / 3,
    }.get(form, shape.area * under(form, high))
    assert volume(surface) == pytest.approx(walls + expected, rel=1e-4)
    assert flat_xyz(surface)[:, 2].max() == pytest.approx(HEIGHT, abs=2e-3)
    assert SEMANTICS.index("roof") == ROOF
    assert SEMANTICS.index("wall") == WALL


@st.composite
def convex(draw: st.DrawFn) -> shapely.Polygon:
    count = draw(st.integers(3, 9))
    angles = np.array(draw(st.lists(st.integers(0, 359), min_size=count, max_size=count, unique=True)))
    points = np.column_stack((np.cos(np.radians(angles)) * draw(st.floats(5, 40)), np.sin(np.radians(angles)) * 20))
    shape = shapely.MultiPoint(points).convex_hull
    return shape if shape.geom_type == "Polygon" and shape.area > 30 else shapely.box(0, 0, 12, 9)


@settings(max_examples=30, deadline=None)
@given(convex(), st.sampled_from(["hipped", "mansard", "pyramidal", "dome", "gabled", "round", "skillion"]))
def test_any_convex_outline_is_closed_or_refused(shape: shapely.Polygon, form: str) -> None:
    surface, refused = built(shape, roofs(form, facing=75.0))
    if refused:
        assert len(surface.triangles) == 0
        assert refused[0] in REASONS[1:]
        assert form not in ("pyramidal", "dome", "skillion")
        return
    assert_closed(surface, shape)
    lowest = shape.area * (HEIGHT - ROOF_M)
    assert lowest < volume(surface) < shape.area * HEIGHT


@settings(max_examples=20, deadline=None)
@given(convex(), st.randoms())
def test_a_hipped_roof_is_the_distance_from_the_nearest_edge(shape: shapely.Polygon, rng) -> None:
    surface, refused = built(shape, roofs("hipped"))
    if refused:
        return
    roof = surface.part[surface.triangles[:, 0]] == ROOF
    corners = flat_xyz(surface)[surface.triangles[roof]].reshape(-1, 3)
    off = np.array([shape.exterior.distance(shapely.Point(xy)) for xy in corners[:, :2]])
    high = (corners[:, 2] - (HEIGHT - ROOF_M)) / ROOF_M
    assert high == pytest.approx(off / off.max(), abs=0.02)


@st.composite
def notched(draw: st.DrawFn) -> shapely.Polygon:
    """A near-rectangle with notches and perhaps a court: no convex one."""
    shape = shapely.box(0, 0, 30, 12)
    for _ in range(draw(st.integers(1, 3))):
        at = draw(st.integers(1, 26))
        low = draw(st.booleans())
        shape = shape - shapely.box(at, -1 if low else 11, at + draw(st.sampled_from([0.5, 1, 2.5])), 1 if low else 13)
    if draw(st.booleans()):
        shape = shape - shapely.box(10, 4.5, 14, 7)
    shape = shapely.affinity.rotate(shape, draw(st.floats(0, 90)), origin=(0, 0))
    return shape if shape.geom_type == "Polygon" else shapely.box(0, 0, 30, 12)


@settings(max_examples=25, deadline=None)
@given(notched(), st.sampled_from(["gabled", "round", "gambrel", "skillion"]))
def test_ridges_run_over_notches_and_courts(shape: shapely.Polygon, form: str) -> None:
    surface, refused = built(shape, roofs(form, facing=10.0))
    assert refused == {}
    assert_closed(surface, shape)


def ridge_axis(surface: Surface) -> float:
    """Degrees clockwise from north, below 180, of the line between the two highest corners."""
    xyz = flat_xyz(surface)
    top = np.unique(np.round(xyz[xyz[:, 2] > HEIGHT - 0.01][:, :2], 3), axis=0)
    east, north = top[-1] - top[0]
    return float(np.degrees(np.arctan2(east, north)) % 180)


@pytest.mark.parametrize(
    ("facing", "crosswise", "expected"), [(np.nan, False, 90), (np.nan, True, 0), (5, False, 90), (98, False, 0)]
)
def test_where_the_ridge_runs(facing: float, crosswise: bool, expected: float) -> None:
    surface, _ = built(shapely.box(0, 0, 20, 10), roofs("gabled", facing=facing, crosswise=crosswise))
    assert ridge_axis(surface) == pytest.approx(expected, abs=0.1)


@pytest.mark.parametrize(("facing", "low"), [(0, (5, 10)), (90, (20, 5)), (180, (5, 0)), (265, (0, 5))])
def test_where_a_skillion_falls_to(facing: float, low: tuple[float, float]) -> None:
    surface, _ = built(shapely.box(0, 0, 20, 10), roofs("skillion", facing=facing))
    roof = flat_xyz(surface)[surface.part == ROOF]
    eaves = roof[roof[:, 2] < HEIGHT - ROOF_M + 0.01]
    axis = 0 if facing in (90, 265) else 1
    assert eaves[:, axis] == pytest.approx(np.full(len(eaves), low[axis]), abs=1e-3)


@pytest.mark.parametrize(
    ("shape", "form", "reason"),
    [
        (shapely.MultiPolygon([shapely.box(0, 0, 9, 9), shapely.box(20, 0, 29, 9)]), "gabled", "several parts"),
        (shapely.box(0, 0, 20, 20) - shapely.box(5, 5, 6, 6), "hipped", "holes"),
        (shapely.box(0, 0, 20, 20) - shapely.box(5, 5, 6, 6), "pyramidal", "holes"),
        (shapely.box(0, 0, 20, 20) - shapely.box(5, 5, 21, 21), "gabled", "near-rectangle"),
        (shapely.box(0, 0, 20, 20) - shapely.box(5, 5, 21, 21), "hipped", "not convex"),
        (shapely.box(0, 0, 20, 20) - shapely.box(3, 3, 21, 21), "dome", "does not see"),
        (shapely.box(0, 0, 20, 20), "skillion", "which way"),
        (shapely.box(0, 0, 20, 0.1), "gabled", "too small"),
        (shapely.Point(0, 0).buffer(20, quad_segs=40), "hipped", "corners"),
        (shapely.box(0, 0, 20, 20), "unknown", "not built"),
        (shapely.box(0, 0, 20, 20), "flat", "flat"),
    ],
)
def test_what_does_not_suit_is_refused_with_the_reason(shape: shapely.Geometry, form: str, reason: str) -> None:
    surface, refused = built(shape, roofs(form))
    assert reason in refused[0]
    assert len(surface.xyz) == 0


def test_many_at_once_are_as_one_at_a_time() -> None:
    rng = np.random.default_rng(4)
    shapes = [shapely.affinity.translate(shapely.box(0, 0, *rng.uniform(5, 30, 2)), *rng.uniform(0, 900, 2))
              for _ in range(60)]  # fmt: skip
    form = rng.integers(1, len(FORMS), 60).astype(np.uint8)
    what = Roofs(form, rng.uniform(1, 5, 60), rng.uniform(0, 360, 60), rng.random(60) < 0.5)
    earth = np.array([on_earth(shape) for shape in shapes], dtype=object)
    together, refused = roofed(earth, what, np.full(60, BASE), np.full(60, HEIGHT), ANCHOR)
    assert set(refused) == set(np.flatnonzero(form == UNKNOWN).tolist())
    for row in range(60):
        one = np.array([row])
        alone, _ = roofed(earth[one], what.take(one), [BASE], [HEIGHT], ANCHOR)
        own = together.xyz[together.triangles[together.owner[together.triangles[:, 0]] == row]].reshape(-1, 9)
        assert len(own) == len(alone.triangles)
        assert own == pytest.approx(alone.xyz[alone.triangles].reshape(-1, 9), abs=1e-6)


def test_heights_that_nobody_states() -> None:
    what = roofs("gabled", 4, high=np.nan)
    high = roof_heights(what, np.array([30.0, 30.0, 6.0, 3.0]), np.array([3.0, 9.0, 9.0, 9.0]))
    assert high == pytest.approx([3 * np.tan(np.pi / 6), 9 * np.tan(np.pi / 6), 2.0, 1.0])
    assert roof_heights(roofs("gabled", high=9.0), np.array([6.0]), np.array([5.0])) == pytest.approx([6.0])


@pytest.mark.parametrize(
    ("name", "form"),
    [(None, "flat"), ("hip", "hipped"), ("half-hipped", "hipped"), ("monopitch", "skillion"), ("Cone", "pyramidal"),
     ("vault", "round"), ("pyramidal broach", "pyramidal"), ("lean_to", "skillion"), ("many", "unknown")],
)  # fmt: skip
def test_names_of_other_lists(name: str | None, form: str) -> None:
    assert FORMS[form_code(name)] == form
