"""What entities say of their roofs, as arrays; and which features are built with a roof of a form."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from twin.geo.roof_forms import Roofs, form_code
from twin.types import F64, Objects

ROOF_FIELDS = ("roof_form", "roof_height_m", "roof_facing_deg", "roof_ridge")
"""Attributes that decide on the roof; a part does not have its whole's."""


def roofs_of(attributes: Mapping[str, Objects], count: int) -> Roofs:
    """(count,) values of each of `ROOF_FIELDS` (missing columns: nothing is stated) to roofs."""
    names = attributes.get("roof_form")
    if names is None:
        return Roofs.flat(count)
    codes: dict[object, int] = {}
    for name in names:
        if name not in codes:
            codes[name] = form_code(None if name is None else str(name))
    ridge = attributes.get("roof_ridge", [None] * count)
    return Roofs(
        np.array([codes[name] for name in names], dtype=np.uint8),
        measures(attributes.get("roof_height_m"), count),
        measures(attributes.get("roof_facing_deg"), count),
        np.array([value == "across" for value in ridge], dtype=np.bool_),
    )


def measures(values: Objects | None, count: int) -> F64:
    """(count,) numbers, NaN for what is none."""
    found = np.full(count, np.nan)
    for row, value in enumerate(() if values is None else values):
        if isinstance(value, int | float) and not isinstance(value, bool):
            found[row] = value
    return found
