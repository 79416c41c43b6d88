"""Water: a river, canal, lake or basin."""

from twin.kinds.base import Attributes, Kind


class WaterAttributes(Attributes):
    """Its name and what sort of water it is."""

    name: str | None = None
    category: str | None = None


KIND = Kind(
    id="water",
    title_en="Water",
    title_zh="水体",
    form="polygon",
    attributes=WaterAttributes,
    colour="#3f86c9",
)
