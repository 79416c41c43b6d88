"""The questions of the command centre: how much is there, what is happening, what is out of order."""

from __future__ import annotations

import time
from typing import Any, Literal

from pydantic import Field

from scenes.base import City, Column, NoParams, Params, query, table
from scenes.command_wall.model import above_limit, by_category, last_heard, properties_of, working_share
from scenes.places import grid_of_devices, lonlat_of, titles
from twin.kinds import BY_ID

FIGURES = (
    ("building", "Buildings", "建筑"),
    ("unit", "Homes and units", "房屋单元"),
    ("grid", "Grids", "网格"),
    ("camera", "Cameras", "摄像机"),
    ("sensor", "Sensors", "传感器"),
)

DEVICE_COLUMNS = (
    Column("kind", "Kind", "类型"),
    Column("category", "Category", "类别"),
    Column("total", "Total", "总数", "number"),
    Column("working", "Working", "正常", "number"),
    Column("faulty", "Faulty", "故障", "number"),
    Column("silent", "Silent", "无数据", "number"),
)

INCIDENT_COLUMNS = (
    Column("title", "Incident", "事件"),
    Column("category", "Category", "类别"),
    Column("status", "Status", "状态"),
    Column("opened_at", "Opened", "发生时间", "time"),
)

IN_ORDER_COLUMNS = (
    Column("id", "Building", "建筑", "entity"),
    Column("devices", "Devices", "设备", "number"),
    Column("share", "In order", "完好率", "share"),
)

ABOVE_COLUMNS = (
    Column("title", "Where", "位置", "entity"),
    Column("count", "Readings above", "超限读数", "number"),
    Column("highest", "Highest", "最高值", "number"),
    Column("time", "When", "时间", "time"),
)


class IncidentParams(Params):
    """Which incidents."""

    open: bool = Field(True, description="Only those that are not closed")
    limit: int = Field(50, ge=1, le=10_000, description="At most this many; the answer says how many more there are")


class DeviceParams(Params):
    """When a device counts as silent."""

    silent_minutes: int = Field(60, ge=1, le=10_080, description="No reading for this long: the device is silent")


class AboveParams(Params):
    """Which readings, and how to group them."""

    property: str = Field(min_length=1, max_length=100, description="Observed property, as in `properties`")
    limit: float = Field(description="Readings above this value count")
    by: Literal["building", "grid"] = Field("building", description="What the readings are summed by")
    show: int = Field(100, ge=1, le=10_000, description="At most this many rows")


@query("Overview", "总览", params=NoParams)
def overview(city: City, params: NoParams) -> dict[str, Any]:
    """How much of everything is in the twin, and how many incidents are open."""
    counts = city.store.counts()
    figures = [
        {"id": kind, "title_en": en, "title_zh": zh, "value": counts[kind]}
        for kind, en, zh in FIGURES
        if counts.get(kind)
    ]
    if city.presence is not None:
        stats = city.presence.stats()
        figures.append({"id": "people", "title_en": "People on record", "title_zh": "在册人员", "value": stats.people})
        figures.append({"id": "stays", "title_en": "Stays", "title_zh": "停留记录", "value": stats.stays})
    if counts.get("incident"):
        count = sum(1 for row in all_incidents(city) if row["status"] != "closed")
        figures.append({"id": "incidents", "title_en": "Open incidents", "title_zh": "未结事件", "value": count})
    return {"figures": figures, "kinds": {kind: BY_ID[kind].title_zh for kind in counts if kind in BY_ID}}


def all_incidents(city: City) -> list[dict[str, Any]]:
    """Every incident, newest first."""
    rows = [
        {
            "id": entity.id,
            "title": entity.attributes.get("title") or "",
            "title_en": entity.attributes.get("title_en"),
            "category": entity.attributes.get("category") or "",
            "status": entity.attributes.get("status") or "",
            "opened_at": entity.attributes.get("opened_at"),
            "lonlat": lonlat_of(entity),
            "parent": entity.parent,
        }
        for entity in city.store.each(kinds=("incident",))
    ]
    rows.sort(key=lambda row: (str(row["opened_at"] or ""), row["id"]), reverse=True)
    return rows


@query("Incidents, newest first", "事件（最新优先）", params=IncidentParams, columns=INCIDENT_COLUMNS)
def incidents(city: City, params: IncidentParams) -> dict[str, Any]:
    """What has happened and is not closed, newest first."""
    rows = [row for row in all_incidents(city) if not params.open or row["status"] != "closed"]
    return table(rows[: params.limit], len(rows))


@query("Devices by category", "设备状态", params=DeviceParams, columns=DEVICE_COLUMNS)
def devices(city: City, params: DeviceParams) -> dict[str, Any]:
    """Cameras and sensors by category: how many work, are faulty, or are silent."""
    known = city.inventory.devices
    heard = last_heard(known, city.live.datastreams, city.live.latest().batch)
    states = by_category(known, heard, int(time.time()) - params.silent_minutes * 60)
    return table(
        [
            {
                "kind": state.kind,
                "category": state.category,
                "total": state.total,
                "working": state.working,
                "faulty": state.faulty,
                "silent": state.silent,
            }
            for state in states
        ]
    )


@query("Buildings by devices in order", "楼宇设备完好率", params=DeviceParams, columns=IN_ORDER_COLUMNS)
def in_order(city: City, params: DeviceParams) -> dict[str, Any]:
    """What share of the devices of each building is neither faulty nor silent; buildings without any are left out."""
    known = city.inventory.devices
    heard = last_heard(known, city.live.datastreams, city.live.latest().batch)
    shares = working_share(known, heard, int(time.time()) - params.silent_minutes * 60)
    return table([{"id": parent, "devices": count, "share": share} for parent, (count, share) in shares.items()])


@query("Readings above a limit", "超限读数", params=AboveParams, columns=ABOVE_COLUMNS)
def above(city: City, params: AboveParams) -> dict[str, Any]:
    """Latest readings of one property above a limit, summed by building or grid, most first."""
    known = city.inventory.devices
    groups: dict[str, str | None] = (
        dict(zip(known.ids, known.parents, strict=True)) if params.by == "building" else grid_of_devices(city.inventory)
    )
    found = above_limit(city.live.latest().batch, city.live.datastreams, params.property, params.limit, groups)
    shown = found[: params.show]
    names = titles(city.store, [item.group for item in shown if item.group])
    rows = [
        {
            "id": item.group or None,
            "title": names.get(item.group, ""),
            "count": item.count,
            "highest": item.highest,
            "sensor": item.sensor,
            "time": item.time,
        }
        for item in shown
    ]
    return table(rows, len(found), property=params.property, limit=params.limit)


@query("Observed properties", "观测指标", params=NoParams)
def properties(city: City, params: NoParams) -> dict[str, Any]:
    """Every property that some sensor of the twin observes, and its unit."""
    return table([{"property": name, "unit": unit} for name, unit in properties_of(city.live.datastreams)])
