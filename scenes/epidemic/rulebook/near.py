"""How near counts, as a table of a rule: a scale by name, and the options that this scale takes."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field, field_validator, model_validator

from scenes.epidemic.rulebook.tables import Table
from twin.geo.vehicles import Mode

Scale = Literal[
    "unit",
    "floor",
    "storey",
    "building",
    "estate",
    "grid",
    "community",
    "street",
    "cell",
    "square",
    "radius",
    "rows",
    "compartments",
    "carriage",
    "run",
]

_AREA: dict[str, object] = {"same_floor": False}
OPTIONS: dict[str, dict[str, object]] = {
    "unit": {},
    "floor": {},
    **dict.fromkeys(("building", "estate", "grid", "community", "street"), _AREA),
    "storey": {},
    "cell": {"res": None, "ring": 0, "same_floor": False},
    "square": {"side_m": 800.0, "origin": (113.0, 22.0), "same_floor": False},
    "radius": {"radius_m": None, "same_floor": False},
    "rows": {"nearby": 3, "crew": True, "modes": ()},
    "compartments": {"nearby": 0, "crew": True, "modes": ()},
    "carriage": {"modes": ()},
    "run": {"modes": ()},
}
"""The options that each scale takes, and what they are where not given (None: they must be)."""


class Near(Table):
    """A scale and its options; another one's option is an error, never ignored.

    res, ring           cell: H3 resolution, and cells at most so many steps away
    side_m, origin      square: its side, and a corner of the grid in lon/lat degrees
    radius_m            radius: metres between two places
    same_floor          whether floors count in what is larger than a floor
    nearby, crew        rows, compartments: at most so many away, and the crew who serve them
    modes               rows, compartments, carriage, run: on these vehicles alone; none: on all
    """

    scale: Scale
    res: int | None = Field(None, ge=0, le=12)
    ring: int | None = Field(None, ge=0, le=50)
    side_m: float | None = Field(None, ge=20, le=5000)
    origin: tuple[float, float] | None = None
    radius_m: float | None = Field(None, ge=1, le=2000)
    same_floor: bool | None = None
    nearby: int | None = Field(None, ge=0, le=254)
    crew: bool | None = None
    modes: tuple[Mode, ...] | None = None

    @model_validator(mode="before")
    @classmethod
    def _options_fit_the_scale(cls, given: Any) -> Any:
        known = OPTIONS.get(str(given.get("scale"))) if isinstance(given, dict) else None
        if known is None:
            return given  # no scale of ours: said of the field itself
        for name, value in given.items():
            if value is not None and name in cls.model_fields and name not in {"scale", *known}:
                raise ValueError(f"{name} has no meaning at scale {given['scale']}: leave it out")
        for name, default in known.items():
            if default is None and given.get(name) is None:
                raise ValueError(f"{name} is missing: scale {given['scale']} needs it")
        return {**known, **{name: value for name, value in given.items() if value is not None}}

    @field_validator("origin")
    @classmethod
    def _on_earth(cls, origin: tuple[float, float] | None) -> tuple[float, float] | None:
        if origin and not (-180 <= origin[0] <= 180 and -80 <= origin[1] <= 80):
            raise ValueError("must be lon/lat degrees between 80 south and 80 north")
        return origin
