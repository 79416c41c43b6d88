"""Street furniture: a lamp, sign, bench, bollard or manhole."""

from twin.kinds.base import Attributes, Kind


class FurnitureAttributes(Attributes):
    """Its name and what it is."""

    name: str | None = None
    category: str | None = None


KIND = Kind(
    id="furniture",
    title_en="Street furniture",
    title_zh="街道设施",
    form="point",
    attributes=FurnitureAttributes,
    parents=("grid", "road"),
    indexed=("category",),
    colour="#97a0a8",
)
