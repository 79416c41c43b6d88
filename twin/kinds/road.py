"""Road: a way for vehicles, cycles or feet, as a centre line or as its surface."""

from pydantic import Field

from twin.kinds.base import Attributes, Kind


class RoadAttributes(Attributes):
    """Its name, class (as in OpenStreetMap's `highway`) and width."""

    name: str | None = None
    road_class: str | None = None
    width_m: float | None = Field(None, gt=0, allow_inf_nan=False)


KIND = Kind(
    id="road",
    title_en="Road",
    title_zh="道路",
    form="line",
    attributes=RoadAttributes,
    parents=("grid", "community", "district"),
    indexed=("road_class",),
    colour="#6f7d8c",
)
