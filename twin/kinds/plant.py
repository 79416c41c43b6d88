"""Plant: a single tree or a group of plants."""

from pydantic import Field

from twin.kinds.base import Attributes, Kind


class PlantAttributes(Attributes):
    """Species and size."""

    name: str | None = None
    species: str | None = None
    crown_m: float | None = Field(None, gt=0, allow_inf_nan=False)


KIND = Kind(
    id="plant",
    title_en="Plant",
    title_zh="植被",
    form="point",
    attributes=PlantAttributes,
    colour="#4f9e57",
)
