"""Green: a park, lawn, wood or other planted area."""

from twin.kinds.base import Attributes, Kind


class GreenAttributes(Attributes):
    """Its name and what sort of green it is."""

    name: str | None = None
    category: str | None = None


KIND = Kind(
    id="green",
    title_en="Green",
    title_zh="绿地",
    form="polygon",
    attributes=GreenAttributes,
    colour="#5ea865",
)
