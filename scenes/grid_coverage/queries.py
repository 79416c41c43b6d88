"""The questions of the grid office: what each grid holds, what watches it, which are the worst."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np
import shapely
from pydantic import Field

from scenes.base import City, Column, Params, query, table
from scenes.grid_coverage.model import Sight, sectors, sight, to_metres
from scenes.inventory import Devices, Grids
from twin.errors import UnknownEntity

GRID_COLUMNS = (
    Column("code", "Code", "编码"),
    Column("name", "Grid", "网格"),
    Column("share", "Area seen", "可视面积占比", "share"),
    Column("cameras", "Cameras", "摄像机", "number"),
    Column("cameras_working", "working", "正常摄像机", "number"),
    Column("sensors", "Sensors", "传感器", "number"),
    Column("sensors_working", "working", "正常传感器", "number"),
    Column("area_m2", "Area", "面积", "number", "m²"),
    Column("buildings", "Buildings", "建筑", "number"),
)

WATCHER_COLUMNS = (
    Column("name", "Device", "设备"),
    Column("kind", "Kind", "类型"),
    Column("category", "Category", "类别"),
    Column("status", "Status", "状态"),
    Column("mount", "Mount", "安装方式"),
    Column("reason", "Why", "依据"),
)


class GridParams(Params):
    """Which devices count, and how many grids to answer."""

    working_only: bool = Field(True, description="Leave broken and offline devices out of the area seen")
    limit: int = Field(10_000, ge=1, le=100_000, description="At most this many grids; the answer says how many more")


class WatcherParams(Params):
    """One grid."""

    grid: str = Field(min_length=1, max_length=200, description="Entity id of the grid")
    working_only: bool = Field(False, description="Leave broken and offline devices out")


@lru_cache(maxsize=4)
def _sight(devices: Devices, grids: Grids, working_only: bool) -> Sight:
    """The devices laid over the grids; kept while neither has changed."""
    west, south, east, north = shapely.total_bounds(grids.polygons).tolist()
    origin = ((west + east) / 2, (south + north) / 2)
    points = np.full(len(devices), None, dtype=object)
    placed = np.isfinite(devices.lonlat).all(axis=1)
    points[placed] = to_metres(shapely.points(devices.lonlat[placed]), origin)
    shapes = sectors(devices.lonlat, devices.heading_deg, devices.fov_deg, devices.range_m, origin)
    if working_only:
        broken = ~devices.working()
        points[broken] = shapes[broken] = None
    return sight(points, shapes, to_metres(grids.polygons, origin))


def _counted(pairs: Sight, chosen: np.ndarray[Any, Any], count: int) -> list[int]:
    """How many chosen devices watch each of (count,) grids."""
    counts: list[int] = np.bincount(pairs.grid[chosen[pairs.device]], minlength=count).tolist()
    return counts


@query("Grids, worst seen first", "网格覆盖（最差优先）", params=GridParams, columns=GRID_COLUMNS)
def grids(city: City, params: GridParams) -> dict[str, Any]:
    """Every grid with the share of its area that a camera sees and the devices that watch it, least seen first."""
    devices, all_grids = city.inventory.devices, city.inventory.grids
    if not len(all_grids):
        return table([])
    everything = _sight(devices, all_grids, False)
    shown = _sight(devices, all_grids, params.working_only)
    count, working = len(all_grids), devices.working()
    cameras, sensors = devices.of_kind("camera"), devices.of_kind("sensor")
    figures = {
        "cameras": _counted(everything, cameras, count),
        "cameras_working": _counted(everything, cameras & working, count),
        "sensors": _counted(everything, sensors, count),
        "sensors_working": _counted(everything, sensors & working, count),
        "area_m2": np.round(shown.area_m2, 1).tolist(),
        "share": [None if np.isnan(share) else round(share, 4) for share in shown.share.tolist()],
        "buildings": all_grids.buildings.tolist(),
        "code": all_grids.codes,
        "name": all_grids.names,
        "id": all_grids.ids,
    }
    rows = [dict(zip(figures, values, strict=True)) for values in zip(*figures.values(), strict=True)]
    rows.sort(key=lambda row: (row["share"] is None, row["share"], row["cameras"] + row["sensors"], row["id"]))
    return table(rows[: params.limit], count, working_only=params.working_only)


@query("What watches a grid", "网格的看护设备", params=WatcherParams, columns=WATCHER_COLUMNS)
def watchers(city: City, params: WatcherParams) -> dict[str, Any]:
    """The cameras and sensors that watch one grid: those that see into it and those that stand in it."""
    devices, all_grids = city.inventory.devices, city.inventory.grids
    if params.grid not in all_grids.ids:
        raise UnknownEntity(params.grid, "there is no such grid in this twin", "Take an id of the query `grids`")
    pairs = _sight(devices, all_grids, params.working_only)
    mine = pairs.grid == all_grids.ids.index(params.grid)
    rows = [
        {
            "id": devices.ids[i],
            "kind": devices.kinds[i],
            "name": devices.names[i],
            "category": devices.categories[i],
            "status": devices.statuses[i],
            "mount": devices.mounts[i],
            "reason": "sees" if sees else "inside",
            "lonlat": devices.lonlat[i].tolist(),
        }
        for i, sees in zip(pairs.device[mine].tolist(), pairs.sees[mine].tolist(), strict=True)
    ]
    rows.sort(key=lambda row: (row["kind"], row["reason"] != "sees", row["name"], row["id"]))
    return table(rows, grid=params.grid)
