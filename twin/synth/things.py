"""Hubs, cameras, sensors, resources and incidents as entities."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from twin.entity import Entity
from twin.synth.district import District
from twin.synth.events import INCIDENTS, RESOURCES, Events
from twin.synth.frame import GROUND_M
from twin.synth.roadside import Spots
from twin.synth.signals import CATEGORIES
from twin.synth.structures import points_wkb
from twin.synth.venues import building_id, hub_id, premises_id, unit_ids

_MOUNTS = {
    "pole": ("道路监控", "Street camera"),
    "signal": ("路口监控", "Junction camera"),
    "wall": ("出入口监控", "Entrance camera"),
    "indoor": ("室内监控", "Indoor camera"),
}


def things(district: District) -> Iterator[Entity]:
    """Everything that stands on or hangs in what `structures` gave."""
    yield from _hubs(district)
    yield from _cameras(district)
    yield from _sensors(district)
    yield from _resources(district)
    yield from _incidents(district)


def _places(district: District, spots: Spots) -> Iterator[tuple[bytes, str, str]]:
    """(point, parent, grid code) of each spot: on its building, else in its grid."""
    codes = district.city.areas.grid_codes
    for point, block, building in zip(points_wkb(spots.xy), spots.block.tolist(), spots.building.tolist(), strict=True):
        yield point, building_id(building) if building >= 0 else f"grid-{codes[block]}", codes[block]


def _hubs(district: District) -> Iterator[Entity]:
    hubs = district.hubs
    spots = Spots(hubs.xy, hubs.xy[:, 0], hubs.block, hubs.building)
    for row, (name, mode, (point, parent, code)) in enumerate(
        zip(hubs.names, hubs.mode, _places(district, spots), strict=True)
    ):
        yield Entity(
            hub_id(row),
            "hub",
            parent,
            point,
            GROUND_M,
            attributes={"name": name[0], "name_en": name[1], "mode": mode},
            grid_code=code,
        )


def _cameras(district: District) -> Iterator[Entity]:
    all_ = district.cameras
    columns = zip(
        _places(district, all_.spots),
        all_.mount.tolist(),
        all_.level.tolist(),
        all_.height.tolist(),
        all_.spots.heading.round(1).tolist(),
        all_.tilt.tolist(),
        all_.fov.tolist(),
        all_.reach.tolist(),
        all_.status.tolist(),
        strict=True,
    )
    for row, ((point, parent, code), mount, level, height, heading, tilt, fov, reach, status) in enumerate(columns, 1):
        zh, en = _MOUNTS[mount]
        attributes: dict[str, Any] = {
            "name": f"{zh}{row:04d}",
            "name_en": f"{en} {row:04d}",
            "heading_deg": heading,
            "tilt_deg": tilt,
            "fov_deg": fov,
            "range_m": reach,
            "mount": mount,
            "status": status,
        }
        if level:
            attributes["level"] = level
        yield Entity(
            f"camera-{row:05d}",
            "camera",
            parent,
            point,
            round(GROUND_M + height, 2),
            attributes=attributes,
            grid_code=code,
        )


def _sensors(district: District) -> Iterator[Entity]:
    all_ = district.sensors
    doors = unit_ids(district.homes)
    properties = [[{"name": signal.name, "unit": signal.unit} for signal in c.signals] for c in CATEGORIES]
    columns = zip(
        _places(district, all_.spots),
        all_.category.tolist(),
        all_.level.tolist(),
        all_.height.tolist(),
        all_.status.tolist(),
        all_.premises.tolist(),
        all_.unit.tolist(),
        strict=True,
    )
    for row, ((point, parent, code), kind, level, height, status, premise, unit) in enumerate(columns, 1):
        category = CATEGORIES[kind]
        attributes: dict[str, Any] = {
            "name": f"{category.title_zh}{row:05d}",
            "name_en": f"{category.title_en} {row:05d}",
            "category": category.id,
            "properties": properties[kind],
            "model": category.model,
            "status": status,
        }
        if level:
            attributes["level"] = level
        if premise >= 0:
            attributes["premises"] = premises_id(premise)
        if unit >= 0:
            attributes["unit"] = doors[unit]
        yield Entity(
            f"sensor-{row:05d}",
            "sensor",
            parent,
            point,
            round(GROUND_M + height, 2),
            attributes=attributes,
            grid_code=code,
        )


def _resources(district: District) -> Iterator[Entity]:
    all_: Events = district.resources
    for row, (kind, status, (point, parent, code)) in enumerate(
        zip(all_.kind.tolist(), all_.status, _places(district, all_.spots), strict=True), 1
    ):
        category, zh, en, _ = RESOURCES[kind]
        attributes = {"category": category, "name": f"{zh}{row:03d}", "name_en": f"{en} {row:03d}", "status": status}
        yield Entity(f"resource-{row:03d}", "resource", parent, point, GROUND_M, attributes=attributes, grid_code=code)


def _incidents(district: District) -> Iterator[Entity]:
    all_ = district.incidents
    for row, (kind, status, opened, (point, parent, code)) in enumerate(
        zip(all_.kind.tolist(), all_.status, all_.opened_at.tolist(), _places(district, all_.spots), strict=True), 1
    ):
        category, zh, en, _ = INCIDENTS[kind]
        attributes = {"category": category, "status": status, "opened_at": opened, "title": zh, "title_en": en}
        yield Entity(
            f"incident-{row:04d}",
            "incident",
            parent,
            point,
            GROUND_M,
            attributes=attributes,
            grid_code=code,
            valid_from=opened,
        )
