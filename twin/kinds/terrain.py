"""Terrain: the ground surface as triangles."""

from twin.kinds.base import Attributes, Column, Kind


class TerrainAttributes(Attributes):
    """Its name."""

    name: str | None = None


KIND = Kind(
    id="terrain",
    title_en="Terrain",
    title_zh="地形",
    form="surface",
    attributes=TerrainAttributes,
    columns=(Column("name", "string", "Name"),),
    colour="#8a8272",
)
