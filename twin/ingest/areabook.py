"""Areas that come twice, once as a table of codes and once as shapes, become one: met by code, or else by name."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace

from twin.entity import Entity
from twin.ingest.codes import area_id, parent_code

KINDS = ("district", "street", "community", "grid")
"""Kinds of areas that official codes name."""

_TITLE = re.compile(r"(新区|自治县|区|县|市|街道办事处|街道|办事处|镇|乡|社区居委会|居委会|村委会|社区|村)$")


def plain_name(name: str) -> str:
    """A name without the word for what it is, which sources write or leave out: 龙华区 and 龙华 are the same."""
    bare = _TITLE.sub("", name.strip())
    return bare or name.strip()


class AreaBook:
    """What areas a twin knows, to meet those of a source."""

    def __init__(self, known: Iterable[Entity]) -> None:
        self._by_id: dict[str, Entity] = {}
        self._by_name: dict[tuple[str, str], list[str]] = {}
        for area in known:
            self._by_id[area.id] = area
            name = area.attributes.get("name")
            if isinstance(name, str) and "code" in area.attributes:
                self._by_name.setdefault((area.kind, plain_name(name)), []).append(area.id)

    def meet(self, area: Entity) -> Entity:
        """The same area with what the twin knows of it already: its code, shape, attributes and what it lies in."""
        known = self._by_id.get(area.id) or self._same_name(area)
        if known is not None and known.kind == area.kind:
            area = _merged(known, area)
        return self._under_known(area)

    def _same_name(self, area: Entity) -> Entity | None:
        """The only known area of the kind with this name and a code, for one that comes without a code."""
        name = area.attributes.get("name")
        if not isinstance(name, str) or "code" in area.attributes:
            return None
        found = self._by_name.get((area.kind, plain_name(name)), [])
        return self._by_id[found[0]] if len(found) == 1 else None

    def _under_known(self, area: Entity) -> Entity:
        """A grid's code may name a community that nobody has imported: then its position has to tell."""
        code = area.attributes.get("code")
        above = parent_code(code) if isinstance(code, str) else None
        by_code = area_id(*above) if above else None
        if area.parent is None and by_code in self._by_id:
            return replace(area, parent=by_code)
        if area.kind == "grid" and area.parent == by_code and by_code not in self._by_id:
            return replace(area, parent=None)
        return area


def _merged(known: Entity, area: Entity) -> Entity:
    """What a source says wins; what it leaves open stays as it was. Nothing new: the known one, untouched."""
    attributes = known.attributes | area.attributes
    official = known.attributes.get("name")
    if area.id != known.id and isinstance(
        official, str
    ):  # met by name: the code table's form of it is the official one
        attributes["name"] = official
    merged = replace(
        area,
        id=known.id,
        parent=area.parent or known.parent,
        footprint=area.footprint or known.footprint,
        base_m=known.base_m if area.base_m is None else area.base_m,
        attributes=attributes,
        grid_code=area.grid_code or known.grid_code,
    )
    return known if replace(merged, source=known.source) == known else merged
