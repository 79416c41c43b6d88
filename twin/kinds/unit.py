"""Unit: a flat, an office or a room with a door of its own on one level of a building."""

from twin.kinds.base import Attributes, Kind, Level


class UnitAttributes(Attributes):
    """Its name on the door, its level and what it serves."""

    name: str | None = None
    level: Level | None = None
    use: str | None = None


KIND = Kind(
    id="unit",
    title_en="Unit",
    title_zh="户室",
    form="volume",
    attributes=UnitAttributes,
    parents=("storey", "building_part", "building"),
    indexed=("use",),
    colour="#9ec5a8",
)
