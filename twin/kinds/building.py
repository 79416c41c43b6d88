"""Building: a free-standing structure with a roof."""

from typing import Literal

from twin.kinds.base import Attributes, Column, Kind


class BuildingAttributes(Attributes):
    """What is known of a building beside its shape. Heights and storeys are fields of the entity itself.

    roof_height_m    from the eaves to the top; a part of the building's height
    roof_facing_deg  clockwise from north: where the roof, or one side of it, falls to
    roof_ridge       along the long side of the footprint or across it
    """

    name: str | None = None
    address: str | None = None
    use: str | None = None
    year: int | None = None
    roof_form: str | None = None
    roof_height_m: float | None = None
    roof_facing_deg: float | None = None
    roof_ridge: Literal["along", "across"] | None = None


KIND = Kind(
    id="building",
    title_en="Building",
    title_zh="建筑",
    form="volume",
    attributes=BuildingAttributes,
    parents=("grid", "community"),
    indexed=("use",),
    columns=(
        Column("height", "float32", "Height above ground, metres"),
        Column("storeys", "uint16", "Storeys above ground; 0 where not known"),
        Column("base", "float32", "Where it stands: its lowest point, metres above the ellipsoid"),
        Column("above", "float32", "How high that is above the ground, metres; 0 for what reaches it"),
        Column("use", "string", "Main use"),
    ),
    colour="#b9c4d0",
)
