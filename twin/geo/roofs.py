"""Buildings under pitched, hipped, pointed and round roofs: footprints and forms in, walls and roofs out, in one batch.

A field over each footprint (`twin.geo.roof_field`) is cut along the knots of the form's profile and lifted by it, so
roofs are exact: no wall pokes through, no gap is left between a gable and its wall. The top is at the building's
height, the eaves lie the roof's height below it. Frames and order of corners are those of `twin.geo.planar`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import ArrayLike

from twin.geo.crs import along, enu_axes, lonlat_to_xyz, metres_per_degree_each
from twin.geo.planar import NOTHING, ROOF, WALL, Surface, join, plumb_lines
from twin.geo.roof_cut import Fields, cut
from twin.geo.roof_field import REASONS, across, inward, middle
from twin.geo.roof_forms import ACROSS, FORMS, INWARD, UNKNOWN, Roofs, profile, roof_heights
from twin.types import F64, I64, U8, Bools, Objects

_SMALLEST_M2 = 1e-9


@dataclass(frozen=True, slots=True, eq=False)
class Lifted:
    """Fields whose corners have heights above the ground of their buildings: (v,) metres; walls end at the rim."""

    fields: Fields
    up: F64

    def take(self, good: Bools) -> Lifted:
        """Without the triangles and walls of buildings that are not `good`, a (n,) mask."""
        f = self.fields
        triangles, rim = f.triangles[good[f.owner[f.triangles[:, 0]]]], f.rim[good[f.owner[f.rim[:, 0]]]]
        return Lifted(Fields(f.xy, f.level, f.owner, triangles, rim), self.up)


def roofed(
    shapes: Objects, roofs: Roofs, base_m: ArrayLike, height_m: ArrayLike, anchor: tuple[float, float, float]
) -> tuple[Surface, dict[int, str]]:
    """Valid shapely (multi)polygons in lon/lat, none of them None, with the roofs that are stated, as one surface.

    Heights as `twin.geo.planar.extrude` takes them. Returns the surface, and for each position in `shapes` whose form
    is not built on its outline (it is in no triangle) the reason why. Flat roofs are none of this module's business:
    they are refused too.
    """
    height = np.asarray(height_m, dtype=np.float64)
    local, origin, scale = _in_metres(shapes)
    refused: dict[int, str] = {}
    made: list[Surface] = []
    for form in np.unique(roofs.form).tolist():
        rows = np.flatnonzero(roofs.form == form)
        lifted, why = lift(local[rows], roofs.take(rows), height[rows])
        refused |= {int(rows[at]): reason for at, reason in why.items()}
        fields = lifted.fields
        owner = rows[fields.owner]
        lonlat = fields.xy / scale[owner] + origin[owner]
        base = np.asarray(base_m, dtype=np.float64)[owner]
        bottom, up = _upright(lonlat, base, anchor)
        made.append(shells(lifted, owner, bottom, bottom + up * lifted.up[:, None]))
    return join(made) if made else NOTHING, refused


def lift(shapes: Objects, roofs: Roofs, height_m: F64) -> tuple[Lifted, dict[int, str]]:
    """Footprints in metres with roofs of one form and (n,) heights; and why some are refused, by their position."""
    form = int(roofs.form[0])
    if form not in _BUILT:
        said = "it is flat" if form != UNKNOWN else "this form is not built"
        return Lifted(_none(), np.zeros(0)), dict.fromkeys(range(len(shapes)), said)
    fields, why, run = _field(form, shapes, roofs)
    knots, shares = profile(form)
    inner = knots[1:-1]
    fields = cut(fields, inner) if form in ACROSS else _cut_inside(fields, inner)
    roof = roof_heights(roofs, height_m, run / 2 if form in ACROSS and form != _SKILLION else run)
    eaves = (height_m - roof)[fields.owner]
    up = eaves + roof[fields.owner] * np.interp(fields.level, knots, shares)
    lifted = Lifted(fields, up).take(why == 0)
    return lifted, {int(at): REASONS[why[at]] for at in np.flatnonzero(why)}


_SKILLION = FORMS.index("skillion")
_BUILT = frozenset(range(1, len(FORMS))) - {UNKNOWN}


def _field(form: int, shapes: Objects, roofs: Roofs) -> tuple[Fields, U8, F64]:
    if form in ACROSS:
        return across(shapes, roofs.facing, roofs.crosswise, ridge=form != _SKILLION)
    return inward(shapes) if form in INWARD else middle(shapes)


def _cut_inside(fields: Fields, knots: F64) -> Fields:
    """Cut a field whose rim lies at one level: the rim stays."""
    made = cut(fields, knots)
    return Fields(made.xy, made.level, made.owner, made.triangles, fields.rim)


def _none() -> Fields:
    empty = np.zeros((0, 3), dtype=np.int64)
    return Fields(np.zeros((0, 2)), np.zeros(0), np.zeros(0, dtype=np.int64), empty, empty[:, :2])


def _in_metres(shapes: Objects) -> tuple[Objects, F64, F64]:
    """Shapes in metres east and north of a corner of their own; (n, 2) these corners and metres per degree."""
    lonlat, owner = shapely.get_coordinates(shapes, return_index=True)
    first = np.searchsorted(owner, np.arange(len(shapes)))
    origin = lonlat[first] if len(lonlat) else np.zeros((0, 2))
    scale = metres_per_degree_each(origin[:, 1])
    flat = shapely.force_2d(shapes)
    return shapely.set_coordinates(flat, (lonlat - origin[owner]) * scale[owner]), origin, scale


def _upright(lonlat: F64, base: F64, anchor: tuple[float, float, float]) -> tuple[F64, F64]:
    """(v, 3) feet of corners around the anchor, and unit vectors straight up there."""
    return lonlat_to_xyz(lonlat, base, anchor), along(enu_axes(anchor[0], anchor[1]), plumb_lines(lonlat))


def shells(lifted: Lifted, owner: I64, bottom: F64, top: F64) -> Surface:
    """Walls from (v, 3) feet to tops under the rim, and the roof over the tops; every triangle has a normal of its own.

    Walls without height (a roof that comes down to the ground) are left out.
    """
    start, end = lifted.fields.rim.T
    lower = np.stack((bottom[start], bottom[end], top[end]), axis=1)
    upper = np.stack((bottom[start], top[end], top[start]), axis=1)
    walls = np.stack((lower, upper), axis=1).reshape(-1, 3, 3)
    roof = lifted.fields.triangles
    return join(
        [_flat_shaded(walls, np.repeat(owner[start], 2), WALL), _flat_shaded(top[roof], owner[roof[:, 0]], ROOF)]
    )


def _flat_shaded(corners: F64, owner: I64, part: int) -> Surface:
    """(t, 3, 3) triangles as a surface, those without an area left out."""
    normals = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    length = np.linalg.norm(normals, axis=1)
    seen = length > 2 * _SMALLEST_M2
    count = 3 * int(seen.sum())
    return Surface(
        corners[seen].reshape(-1, 3),
        np.repeat(normals[seen] / length[seen, None], 3, axis=0),
        np.arange(count).reshape(-1, 3),
        np.repeat(owner[seen], 3),
        np.full(count, part, dtype=np.uint8),
    )
