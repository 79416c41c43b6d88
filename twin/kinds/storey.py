"""Storey: one level of a building. Level 1 is the ground storey, -1 the first basement; there is no level 0."""

from twin.kinds.base import Attributes, Kind, Level


class StoreyAttributes(Attributes):
    """Which level it is."""

    level: Level
    name: str | None = None


KIND = Kind(
    id="storey",
    title_en="Storey",
    title_zh="楼层",
    form="volume",
    attributes=StoreyAttributes,
    parents=("building_part", "building"),
    indexed=("level",),
    colour="#8fb1d6",
)
