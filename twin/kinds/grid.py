"""Grid: a basic management grid cell, the unit of everyday city work."""

from twin.kinds.base import Attributes, Kind


class GridAttributes(Attributes):
    """The code as printed on the grid map (15 or 14 digits where it follows the national forms) and its name."""

    code: str | None = None
    name: str | None = None


KIND = Kind(
    id="grid",
    title_en="Grid",
    title_zh="网格",
    form="polygon",
    attributes=GridAttributes,
    parents=("community", "street", "district"),
    indexed=("code",),
    colour="#59c9c0",
)
