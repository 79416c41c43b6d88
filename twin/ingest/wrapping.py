"""What a source says of a texture beyond the edges of its image, in our words."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from twin.entity import BEYOND, PLAIN, REPEATED

BORDER = "border"


def beyond_of(mode: object, colour: Sequence[object] = ()) -> str:
    """CityGML's and CityJSON's `wrapMode` and `borderColor` (three or four numbers, 0..1) as `Picture.beyond`.

    One that says nothing, or something else, repeats: so do most whose places lie beyond. A border without a colour is
    none.
    """
    if mode != BORDER:
        return str(mode) if mode in BEYOND else REPEATED
    try:
        red_green_blue = np.array([float(str(value)) for value in colour[:3]])
    except ValueError:
        return PLAIN
    if len(red_green_blue) < 3 or not np.isfinite(red_green_blue).all():
        return PLAIN
    steps = np.rint(np.clip(red_green_blue, 0, 1) * 255).astype(np.uint8)
    return f"#{steps.tobytes().hex()}"
