"""What the features of a layer are, told from their shapes and columns; where that is open, the caller is asked."""

from __future__ import annotations

import re

import numpy as np
import shapely

from twin.errors import InvalidValue
from twin.geo.crs import metres_per_degree
from twin.ingest.codes import grid_code_form
from twin.ingest.columns import text
from twin.ingest.source import Options
from twin.ingest.survey import Layer, Survey, sample_lonlat
from twin.kinds import BY_ID

_BUILDING_FIELDS = ("height", "storeys", "part", "low", "high", "roof_form", "min_height")
_BUILDING_WORD = re.compile(r"buil?d|bldg|gebaeud|gebäud|pand\b|bâtiment|edific|建筑|楼|建物", re.I)
_CAMERA = re.compile(r"surveillance|camera|cctv|摄像|监控", re.I)
_SENSOR = re.compile(r"sensor|device|station|meter|detector|传感|设备|监测|站", re.I)
_SHOP = re.compile(r"\bshop\b|amenity|cuisine|poi\b|brand|商铺|店", re.I)
_RACK = re.compile(r"asset|furniture|bench|pole|lamp|设施|路灯", re.I)
_AREA_WORDS = (
    ("grid", re.compile(r"grid|网格|taz", re.I)),
    ("community", re.compile(r"community|village|社区|居委", re.I)),
    ("street", re.compile(r"subdistrict|township|jiedao|街道|镇街", re.I)),
    ("district", re.compile(r"district|county|adcode|borough|区划|行政区|^区$|^qh$|^qx", re.I)),
)
_LARGE_M2 = 2_000_000.0
_BUILDING_M2 = 20_000.0


class UntoldKind(InvalidValue):
    """A layer whose shapes and columns do not tell what its features are."""


def kind_of(layer: Layer, options: Options, found: Survey) -> str:
    """The kind of a layer's features. Raises InvalidValue for a kind that is not known or cannot be told."""
    if options.kind is not None:
        if options.kind not in BY_ID:
            raise InvalidValue(f"kind {options.kind!r}", "there is no such kind", f"Give one of {', '.join(BY_ID)}")
        return options.kind
    if found.share("LineString") > 0.5:
        return "road"
    words = " ".join([layer.name, *found.columns.present])
    if found.share("Point") > 0.5:
        return _point_kind(words, layer)
    return _polygon_kind(layer, options, found)


def _point_kind(words: str, layer: Layer) -> str:
    for kind, pattern in (("camera", _CAMERA), ("sensor", _SENSOR), ("premises", _SHOP), ("furniture", _RACK)):
        if pattern.search(words):
            return kind
    raise _open(layer, "points", "sensor, camera, premises, hub, furniture or place")


def _polygon_kind(layer: Layer, options: Options, found: Survey) -> str:
    columns = found.columns
    if "code" in columns and _share_of_grid_codes(found) > 0.5:
        return "grid"
    if any(field in columns for field in _BUILDING_FIELDS):
        return "building"
    area = _median_area(found, options, layer.name)
    named = [*columns.present, layer.name]
    if area < _BUILDING_M2 and any(_BUILDING_WORD.search(word) for word in named):
        return "building"
    for kind, pattern in _AREA_WORDS:
        if area >= _BUILDING_M2 and any(pattern.search(word) for word in named):
            return kind
    if area < _BUILDING_M2 / 10:
        return "building"
    if area > _LARGE_M2 and "name" in columns and found.features < 200:
        return "district"
    raise _open(layer, "areas", "building, grid, community, street, district, landuse, green or water")


def _share_of_grid_codes(found: Survey) -> float:
    codes = [text(found.columns.get(row, "code")) for row in found.sample]
    return sum(1 for code in codes if code and grid_code_form(code)) / max(1, len(codes))


def _median_area(found: Survey, options: Options, name: str) -> float:
    shapes, centre = sample_lonlat(found, options, name)
    present = shapes[~shapely.is_missing(shapes)]
    if centre is None or len(present) == 0:
        return 0.0
    east, north = metres_per_degree(centre[1])
    return float(np.median(shapely.area(present))) * east * north


def _open(layer: Layer, what: str, choices: str) -> UntoldKind:
    return UntoldKind(layer.name, f"its columns do not tell what its {what} are", f"Say it with --kind: {choices}")
