"""All kinds. To add one: a file beside this one and a line in `KINDS` (`docs/adding-a-kind.md`)."""

from __future__ import annotations

from twin.kinds import (
    bridge,
    building,
    building_part,
    camera,
    community,
    district,
    estate,
    furniture,
    green,
    grid,
    hub,
    incident,
    landmark,
    landuse,
    place,
    plant,
    premises,
    resource,
    road,
    sensor,
    storey,
    street,
    terrain,
    unit,
    water,
    zone,
)
from twin.kinds.base import Attributes, Column, Kind, Level

KINDS: tuple[Kind, ...] = (
    district.KIND,
    street.KIND,
    community.KIND,
    grid.KIND,
    estate.KIND,
    building.KIND,
    building_part.KIND,
    storey.KIND,
    unit.KIND,
    premises.KIND,
    hub.KIND,
    place.KIND,
    sensor.KIND,
    camera.KIND,
    incident.KIND,
    zone.KIND,
    resource.KIND,
    road.KIND,
    water.KIND,
    green.KIND,
    landuse.KIND,
    bridge.KIND,
    landmark.KIND,
    plant.KIND,
    furniture.KIND,
    terrain.KIND,
)

BY_ID: dict[str, Kind] = {kind.id: kind for kind in KINDS}

__all__ = ["BY_ID", "KINDS", "Attributes", "Column", "Kind", "Level"]
