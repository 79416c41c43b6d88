"""Which column of a source holds what: well-known names in several languages; an explicit mapping wins."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping
from typing import Any

from twin.errors import InvalidValue

KNOWN: dict[str, tuple[str, ...]] = {
    "id": (
        "gml_id", "id", "uuid", "guid", "buildingid", "building_id", "bldg_id", "bldgid", "identificatie", "osm_id",
        "@id", "station_id", "sensor_id", "device_id", "camera_id", "osm_node", "osm_way", "taz_id", "tazid", "fid",
        "objectid", "编号", "编码", "建筑编码", "建筑编号", "楼栋编码", "设备编号", "設備番号", "建物id",
    ),
    "name": (
        "name", "name:zh", "name:en", "title", "label", "naam", "nom", "nombre", "navn", "nimi", "bezeichnung",
        "名称", "名字", "建筑名称", "楼栋名称", "小区名称", "设备名称", "名前", "sensor name",
        "sensor_name", "qh",
    ),
    "height": (
        "measuredheight", "height", "height_m", "building:height", "building_height", "buildingheight", "bldg_height",
        "bldgheight", "heightroof", "height_roof", "hoogte", "hoehe", "höhe", "gebhoehe", "geb_hoehe", "hauteur",
        "altezza", "altura", "korkeus", "高度", "建筑高度", "楼高", "高", "高さ", "計測高さ", "height_1", "est_height",
    ),
    "storeys": (
        "building:levels", "levels", "building_levels", "storeysaboveground", "storeys", "stories", "storeys_above",
        "floors", "num_floors", "numfloors", "nfloors", "n_floors", "floor_count", "floorcount", "no_floors",
        "building:floors", "层数", "楼层数", "地上层数", "建筑层数", "总层数", "楼层", "層数", "階数", "地上階数",
        "bouwlagen", "geschosse", "anzahlderoberirdischengeschosse", "etages", "nb_etages", "piani", "plantas",
        "kerroksia", "floor",
    ),
    "storeys_below": (
        "building:levels:underground", "storeysbelowground", "storeys_below", "basements", "地下层数", "地下階数",
        "anzahlderunterirdischengeschosse",
    ),
    "base": (
        "base_m", "base", "base_height", "ground_elevation", "groundelev", "ground_elev", "ground_height", "maaiveld",
        "gelaendehoehe", "地面高程", "基底高程", "底部高程", "地盤高", "elevation", "ele",
    ),
    "low": ("minheight",),
    "high": ("maxheight",),
    "min_height": ("min_height", "building:min_height", "min_height_m"),
    "min_level": ("min_level", "building:min_level", "minlevel"),
    "use": (
        "use", "usage", "building_use", "buildinguse", "building:use", "building_type", "bldg_type", "type_use",
        "function", "class", "kind_detail", "landuse_kind", "用途", "类型", "建筑类型", "建筑用途", "gebruiksdoel",
        "gebaeudefunktion", "用途分类", "building", "amenity", "kind",
    ),
    "address": ("address", "addr", "addr:full", "full_address", "location_address", "地址", "详细地址", "住所"),
    "street": ("addr:street", "addr_street", "street", "路名", "街道地址"),
    "housenumber": ("addr:housenumber", "addr_housenumber", "housenumber", "house_number", "门牌号"),
    "year": (
        "year", "year_built", "yearbuilt", "yearofconstruction", "construction_year", "bouwjaar", "baujahr",
        "建成年份", "建造年份", "竣工年份", "年代", "建築年", "start_date",
    ),
    "roof_form": ("roof_form", "rooftype", "roof:shape", "roof_shape", "roofshape", "屋顶形式"),
    "roof_height": ("roof_height_m", "roof:height", "roof_height", "roofheight"),
    "roof_levels": ("roof:levels", "roof_levels"),
    "roof_facing": ("roof_facing_deg", "roof:direction", "roof_direction"),
    "roof_ridge": ("roof_ridge", "roof:orientation", "roof_orientation"),
    "part": ("building:part", "building_part", "buildingpart"),
    "parent": ("parent", "parent_id", "root_id", "building_root", "上级", "父级", "所属建筑"),
    "code": (
        "code", "grid_code", "gridcode", "grid_id", "gridid", "网格编码", "网格编号", "网格代码", "单元网格编码",
        "adcode", "gb", "行政区划代码", "区划代码", "社区编码", "街道编码", "编码", "代码",
        "tazid", "taz_id",
    ),
    "lon": (
        "lon", "longitude", "lng", "long", "dev_lon", "x_lon", "gps_lon", "经度", "東経", "経度", "lon_wgs84",
        "lng_gcj02", "position_lon",
    ),
    "lat": ("lat", "latitude", "la", "dev_lat", "y_lat", "gps_lat", "纬度", "緯度", "北緯", "lat_wgs84"),
    "x": ("x", "easting", "x_coord", "coord_x", "xcoord", "point_x", "横坐标", "rd_x"),
    "y": ("y", "northing", "y_coord", "coord_y", "ycoord", "point_y", "纵坐标", "rd_y"),
    "level": ("level", "floor", "floor_no", "storey", "楼层", "所在楼层", "层", "階"),
    "heading": ("heading_deg", "heading", "camera:direction", "direction", "bearing", "azimuth", "朝向", "方位角"),
    "tilt": ("tilt_deg", "tilt", "camera:angle", "俯角", "倾角"),
    "fov": ("fov_deg", "fov", "angle_of_view", "视场角"),
    "range": ("range_m", "range", "visible_range", "可视距离"),
    "mount": ("mount", "camera:mount", "mounting", "安装方式"),
    "status": ("status", "state", "状态", "设备状态"),
    "category": ("category", "sensor_type", "device_type", "location type", "设备类型", "类别", "type"),
    "mode": ("mode", "transport_mode", "出行方式"),
    "model": ("model", "型号", "设备型号"),
    "road_class": ("road_class", "fclass", "highway", "kind", "class", "道路等级", "roadclass"),
    "width": ("width_m", "width", "道路宽度", "路宽"),
}  # fmt: skip
"""Our field -> names that sources use, best first; compared in lower case."""

SENTINELS = frozenset({-9999.0, -999.0, -99999.0, -9998.0, -32768.0, -99.0})
"""Numbers that stand for 'not known'."""

_NUMBER = re.compile(r"\s*([-+]?\d+(?:[.,]\d+)?(?:[eE][-+]?\d+)?)\s*(m|metres?|meters?|米|层|f|'|ft|feet)?\s*", re.I)
_FOOT = 0.3048


class Columns:
    """The columns of one source, by our field names."""

    def __init__(self, columns: Iterable[str], mapping: Mapping[str, str], thing: str) -> None:
        present = list(dict.fromkeys(columns))
        missing = {ours: theirs for ours, theirs in mapping.items() if theirs not in present}
        if missing:
            ours, theirs = next(iter(missing.items()))
            listed = ", ".join(present[:30]) or "none"
            raise InvalidValue(f"mapping {ours}={theirs}", f"{thing} has no column {theirs!r}", f"It has: {listed}")
        folded = {_fold(column): column for column in reversed(present)}
        self.present = present
        self.by_field = dict(mapping)
        for ours, names in KNOWN.items():
            found = next((folded[_fold(name)] for name in names if _fold(name) in folded), None)
            if ours not in self.by_field and found is not None:
                self.by_field[ours] = found

    def __contains__(self, ours: str) -> bool:
        return ours in self.by_field

    def drop(self, ours: str) -> None:
        """Forget a guess that does not hold in this source."""
        self.by_field.pop(ours, None)

    def get(self, row: Mapping[str, Any], ours: str) -> Any:
        """The value of one of our fields in a row, None where there is none; blanks are None."""
        column = self.by_field.get(ours)
        value = row.get(column) if column is not None else None
        return None if value is None or value in ("", "NA", "null", "NULL") else value

    def rest(self, row: Mapping[str, Any], used: frozenset[str]) -> dict[str, Any]:
        """What the row holds beside the fields that were used, without blanks."""
        return {k: v for k, v in row.items() if v is not None and v != "" and k not in used}

    def used(self, *ours: str) -> frozenset[str]:
        """The source's columns behind some of our fields."""
        return frozenset(self.by_field[field] for field in ours if field in self.by_field)


def _fold(name: str) -> str:
    return name.strip().lower().replace(" ", "_").replace("-", "_")


def number(value: Any) -> float | None:
    """A number from what sources write (`12`, `"12.5 m"`, `"40'"`, `"12,5"`), or None; never NaN or infinite."""
    if isinstance(value, bool) or value is None:
        return None
    if isinstance(value, int | float):
        number = float(value) if abs(value) < 1e300 else math.inf
        return number if math.isfinite(number) else None
    match = _NUMBER.fullmatch(str(value))
    if not match:
        return None
    number = float(match[1].replace(",", "."))
    unit = (match[2] or "").lower()
    number = number * _FOOT if unit in ("'", "ft", "feet") else number
    return number if math.isfinite(number) else None


def text(value: Any) -> str | None:
    """A value as text without blanks around it; 12.0 becomes "12"; None where nothing is left."""
    if value is None:
        return None
    if isinstance(value, float) and math.isfinite(value) and value == int(value) and abs(value) < 1e15:
        value = int(value)
    return str(value).strip() or None
