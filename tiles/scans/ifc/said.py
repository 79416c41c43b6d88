"""What an IFC model says of an element: class, name, storey, material, the simple values of its property sets."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import ifcopenshell.util.element as of
import orjson

_MOST_CHARACTERS = 20_000  # of an element's property sets: a tile carries them all


@dataclass(frozen=True, slots=True)
class Said:
    """One element. `properties` is JSON: set -> name -> value; empty where there are none."""

    id: str
    type: str
    name: str
    storey: str
    material: str
    properties: str


def said_of(element: Any) -> Said:
    """What is said of one element, itself or by its type."""
    storey = of.get_container(element, ifc_class="IfcBuildingStorey")
    return Said(
        str(element.GlobalId),
        str(element.is_a()),
        element.Name or "",
        (storey.Name or storey.LongName or "") if storey else "",
        ", ".join(dict.fromkeys(_materials(element))),
        _properties(element),
    )


def _materials(element: Any) -> list[str]:
    return [one.Name for one in of.get_materials(element) if getattr(one, "Name", None)]


def _properties(element: Any) -> str:
    sets: dict[str, dict[str, Any]] = {}
    for name, values in of.get_psets(element).items():
        simple = {key: value for key, value in values.items() if key != "id" and _is_simple(value)}
        if simple:
            sets[name] = simple
    text = orjson.dumps(sets).decode() if sets else ""
    while len(text) > _MOST_CHARACTERS:
        sets.popitem()
        text = orjson.dumps(sets).decode()
    return text


def _is_simple(value: object) -> bool:
    if isinstance(value, str):
        return bool(value)
    return isinstance(value, bool) or (isinstance(value, int | float) and abs(value) < 2**53)
