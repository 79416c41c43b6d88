"""Bridge: a structure that carries a way over something."""

from twin.kinds.base import Attributes, Column, Kind


class BridgeAttributes(Attributes):
    """Its name and what sort of bridge it is."""

    name: str | None = None
    category: str | None = None


KIND = Kind(
    id="bridge",
    title_en="Bridge",
    title_zh="桥梁",
    form="volume",
    attributes=BridgeAttributes,
    columns=(
        Column("height", "float32", "Height of the structure, metres"),
        Column("base", "float32", "Where it stands: its lowest point, metres above the ellipsoid"),
    ),
    colour="#a89f94",
)
