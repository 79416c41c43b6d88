"""Scales by name, for those who are asked in words: the command line, the API, rules."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeVar

from twin.errors import InvalidValue
from twin.presence.near.metric import Radius, Square
from twin.presence.near.nearness import Nearness
from twin.presence.near.scales import Cell, Floor, Unit

_T = TypeVar("_T")

SCALES = ("unit", "floor", "cell", "square", "radius")
"""Names of the scales that need nothing from the model. Areas (building, estate ...) are handed in as values."""


@dataclass(frozen=True, slots=True)
class ScaleParams:
    """What a scale may need. None: not given."""

    res: int | None = None
    ring: int = 0
    side_m: float = 800.0
    origin: tuple[float, float] = (113.0, 22.0)
    radius_m: float | None = None
    same_floor: bool = False


def nearness(name: str, params: ScaleParams) -> Nearness:
    """The scale of a name; InvalidValue where there is none or something that it needs is missing."""
    if name not in SCALES:
        raise InvalidValue(f"scale {name!r}", "there is none of this name", f"Take one of: {', '.join(SCALES)}")
    if name != "cell" and (params.res is not None or params.ring):
        raise InvalidValue("res, ring", f"have no meaning at scale {name}", "Leave them out, or ask at scale cell")
    if name != "radius" and params.radius_m is not None:
        raise InvalidValue("radius", f"has no meaning at scale {name}", "Leave it out, or ask at scale radius")
    if name == "cell":
        return Cell(_given(params.res, "res", "an H3 resolution such as 10"), params.ring, params.same_floor)
    if name == "square":
        return Square(params.side_m, params.origin, params.same_floor)
    if name == "radius":
        return Radius(_given(params.radius_m, "radius", "metres"), params.same_floor)
    return Unit() if name == "unit" else Floor()


def _given(value: _T | None, field: str, what: str) -> _T:
    if value is None:
        raise InvalidValue(field, "is missing for this scale", f"Give {what}")
    return value
