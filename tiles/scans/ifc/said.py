"""What an IFC model says of an element: class, name, storey, material, the simple values of its property sets."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import ifcopenshell.util.element as of
import orjson

MOST_CHARACTERS = 20_000
"""Of an element's property sets: a tile carries those of all its elements."""


@dataclass(frozen=True, slots=True)
class Said:
    """One element. `properties` is JSON: set -> name -> value; empty where there are none. `lost`: sets too many."""

    id: str
    type: str
    name: str
    storey: str
    material: str
    properties: str
    lost: tuple[str, ...] = ()


def said_of(element: Any) -> Said:
    """What is said of one element, itself or by its type."""
    storey = of.get_container(element, ifc_class="IfcBuildingStorey")
    return Said(
        str(element.GlobalId),
        str(element.is_a()),
        element.Name or "",
        (storey.Name or storey.LongName or "") if storey else "",
        ", ".join(dict.fromkeys(_materials(element))),
        *_properties(element),
    )


def _materials(element: Any) -> list[str]:
    return [one.Name for one in of.get_materials(element) if getattr(one, "Name", None)]


def _properties(element: Any) -> tuple[str, tuple[str, ...]]:
    """The sets as JSON, and the names of those that it has no room for."""
    sets: dict[str, dict[str, Any]] = {}
    for name, values in of.get_psets(element).items():
        simple = {key: value for key, value in values.items() if key != "id" and _is_simple(value)}
        if simple:
            sets[name] = simple
    lost: list[str] = []
    while len(text := orjson.dumps(sets).decode()) > MOST_CHARACTERS:
        lost.append(sets.popitem()[0])
    return (text if sets else ""), tuple(lost)


def _is_simple(value: object) -> bool:
    if isinstance(value, str):
        return bool(value)
    return isinstance(value, bool) or (isinstance(value, int | float) and abs(value) < 2**53)
