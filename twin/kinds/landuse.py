"""Land use: an area with one declared or observed use."""

from twin.kinds.base import Attributes, Kind


class LanduseAttributes(Attributes):
    """Its name, use, and the code of the use in the source's own classification."""

    name: str | None = None
    use: str | None = None
    code: str | None = None


KIND = Kind(
    id="landuse",
    title_en="Land use",
    title_zh="用地",
    form="polygon",
    attributes=LanduseAttributes,
    indexed=("use",),
    colour="#b8ad8c",
)
