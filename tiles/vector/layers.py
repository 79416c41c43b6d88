"""What the flat map holds, as data: a layer is one line here, a map is a tuple of layers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from twin.errors import NotFound


@dataclass(frozen=True, slots=True)
class VectorLayer:
    """Entities of some kinds.

    names         attributes that go along, beside `id`, `number`, `kind` and `name`
    from_zoom     the first zoom at which anything of it is drawn
    by            an attribute whose values are drawn from a later zoom on, as `zooms` says
    least_pixels  a shape that is smaller than this on the screen is left out
    """

    id: str
    kinds: tuple[str, ...]
    form: Literal["polygon", "line", "label"]
    names: tuple[str, ...] = ()
    from_zoom: int = 0
    by: str = ""
    zooms: Mapping[str, int] = field(default_factory=dict)
    least_pixels: float = 1.0


@dataclass(frozen=True, slots=True)
class VectorMap:
    """A set of layers that one address serves. `cells`: the H3 cells of a tile instead of entities."""

    id: str
    title_en: str
    title_zh: str
    layers: tuple[VectorLayer, ...] = ()
    cells: bool = False


_MINOR = 15
_ROADS = {
    "motorway": 5,
    "trunk": 7,
    "primary": 9,
    "secondary": 11,
    "tertiary": 12,
    "residential": 13,
    "unclassified": 13,
    "service": 14,
    "": _MINOR,
}

BASEMAP = VectorMap(
    "basemap",
    "Basemap",
    "底图",
    (
        VectorLayer("landuse", ("landuse",), "polygon", ("use",), 10),
        VectorLayer("green", ("green",), "polygon", ("category",), 10),
        VectorLayer("water", ("water",), "polygon", ("category",), 6),
        VectorLayer("roads", ("road",), "line", ("road_class",), 5, "road_class", _ROADS, 0.5),
        VectorLayer("buildings", ("building",), "polygon", (), 13),
        VectorLayer("labels", ("hub", "estate"), "label", ("mode",), 13),
        VectorLayer("places", ("premises", "place"), "label", ("category",), 17),
    ),
)
GRIDS = VectorMap(
    "grids",
    "Administrative areas and grids",
    "行政区与网格",
    (
        VectorLayer("districts", ("district",), "polygon", ("code",)),
        VectorLayer("streets", ("street",), "polygon", ("code",), 9),
        VectorLayer("communities", ("community",), "polygon", ("code",), 11),
        VectorLayer("grids", ("grid",), "polygon", ("code",), 12),
        VectorLayer("zones", ("zone",), "polygon", ("level", "category"), 8),
    ),
)
CELLS = VectorMap("cells", "H3 cells", "H3 蜂窝", cells=True)

MAPS: tuple[VectorMap, ...] = (BASEMAP, GRIDS, CELLS)


def vector_map(id: str) -> VectorMap:
    """The map of a name; NotFound where there is none."""
    for each in MAPS:
        if each.id == id:
            return each
    raise NotFound(f"map {id}", "there is no such map", f"Take one of: {', '.join(each.id for each in MAPS)}")
