"""Premises: a shop, workshop, school or other venue that people visit, on one level of a building or in the open."""

from twin.kinds.base import Attributes, Kind, Level


class PremisesAttributes(Attributes):
    """What it is and where its door is."""

    name: str | None = None
    category: str | None = None
    level: Level | None = None
    address: str | None = None


KIND = Kind(
    id="premises",
    title_en="Premises",
    title_zh="场所",
    form="point",
    attributes=PremisesAttributes,
    parents=("unit", "storey", "building", "estate", "grid"),
    indexed=("category",),
    sensitive=("owner", "phone"),
    colour="#f0b45a",
)
