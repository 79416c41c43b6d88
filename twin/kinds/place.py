"""Place: any other named point that stays may refer to, such as a signalling cell or a check-in code."""

from twin.kinds.base import Attributes, Kind, Level


class PlaceAttributes(Attributes):
    """Its name, what it is and its level."""

    name: str | None = None
    category: str | None = None
    level: Level | None = None


KIND = Kind(
    id="place",
    title_en="Place",
    title_zh="地点",
    form="point",
    attributes=PlaceAttributes,
    parents=("storey", "building", "estate", "grid"),
    indexed=("category",),
    colour="#d9c66b",
)
