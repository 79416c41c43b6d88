"""Building part: a piece of a building with a height or a roof of its own."""

from typing import Literal

from twin.kinds.base import Attributes, Column, Kind


class BuildingPartAttributes(Attributes):
    """What is known of the part; its building holds the rest. Roofs as in `BuildingAttributes`."""

    name: str | None = None
    use: str | None = None
    roof_form: str | None = None
    roof_height_m: float | None = None
    roof_facing_deg: float | None = None
    roof_ridge: Literal["along", "across"] | None = None


KIND = Kind(
    id="building_part",
    title_en="Building part",
    title_zh="建筑部件",
    form="volume",
    attributes=BuildingPartAttributes,
    parents=("building",),
    columns=(
        Column("height", "float32", "Height above ground, metres"),
        Column("storeys", "uint16", "Storeys above ground; 0 where not known"),
        Column("base", "float32", "Where it stands: its lowest point, metres above the ellipsoid"),
        Column("above", "float32", "How high that is above the ground, metres; 0 for what reaches it"),
    ),
    colour="#a9b6c6",
)
