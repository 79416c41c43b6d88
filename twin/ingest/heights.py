"""From a source's columns to base, height and storeys: sentinels, defaults, and what the vertical datum must be."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from twin.geo.crs import geoid_height
from twin.ingest.columns import SENTINELS, Columns, number
from twin.ingest.datum import vertical_rule
from twin.ingest.source import Options
from twin.issues import Issue, Severity

STOREY_M = 3.0
"""Height of a storey where only storeys are known, and of a building of which nothing is known."""

HIGHEST_M = 1200.0
"""No building is higher: such a number is in other units or is no height."""

_AT_SEA_LEVEL_M = 6.0
_CLEAR_OF_ZERO_M = 10.0


@dataclass(frozen=True, slots=True)
class Heights:
    """What one building's columns say.

    base_m      elevation of the ground as the source has it, in its own vertical datum; None where not known
    above_m     height of the part's own bottom above the ground; None: it stands on the ground
    height_m    from its bottom to its top
    storeys, storeys_below   as given
    """

    base_m: float | None
    above_m: float | None
    height_m: float
    storeys: int | None
    storeys_below: int | None


def read_heights(row: Mapping[str, Any], columns: Columns, options: Options, path: str) -> tuple[Heights, list[Issue]]:
    """The heights of one row, and an issue for everything in it that is no height."""
    issues: list[Issue] = []

    def take(ours: str, lowest: float = -500.0, highest: float = 9000.0) -> float | None:
        raw = columns.get(row, ours)
        if raw is None:
            return None
        value = number(raw)
        column = columns.by_field[ours]
        if value is None:
            issues.append(_note("attribute.unreadable", path, f"{column} {str(raw)[:40]!r} is not a number"))
        elif value in SENTINELS or value <= -9000:
            issues.append(_note("height.sentinel", path, f"{column} is {value:g}, which stands for 'not known'"))
        elif not lowest <= value <= highest:
            code = "height.negative" if value < 0 <= lowest else "attribute.invalid"
            issues.append(_note(code, path, f"{column} is {value:g}, which cannot be; it was left out"))
        else:
            return value
        return None

    height = take("height", 0.0, HIGHEST_M) or None
    low, high = take("low"), take("high")
    base = take("base")
    absolute = "low" in columns and "high" in columns
    above = take("min_height", 0.0, HIGHEST_M)
    if absolute:
        base = low if base is None else base
        if low is not None and high is not None and high < low:
            issues.append(_note("height.reversed", path, f"the top ({high:g}) is below the base ({low:g})"))
        elif height is None and low is not None and high is not None and high > low:
            height = high - low
    elif above is None:
        above = low
    storeys, below = _storeys(take("storeys", 0, 250)), _storeys(take("storeys_below", 0, 50))
    if above is None and "min_level" in columns and storeys:
        level = take("min_level", 0, 250)
        above = level * (height / storeys if height else STOREY_M) if level else None
    if height is None:
        height, note = _assumed(storeys, options, _under_the_roof(row, columns))
        issues.append(_note("height.assumed", path, note))
    elif above is not None and above >= height:
        issues.append(_note("height.reversed", path, f"its bottom ({above:g} m) is not below its top ({height:g} m)"))
        above = None
    elif above:
        height -= above
    return Heights(base, above or None, height, storeys, below), issues


def _storeys(value: float | None) -> int | None:
    return None if value is None or value < 1 else round(value)


def _under_the_roof(row: Mapping[str, Any], columns: Columns) -> float:
    """Metres of a roof that is stated: storeys are counted without those under it."""
    height, levels = number(columns.get(row, "roof_height")), number(columns.get(row, "roof_levels"))
    stated = height if height is not None else (levels or 0.0) * STOREY_M
    return stated if 0 < stated < HIGHEST_M else 0.0


def _assumed(storeys: int | None, options: Options, roof_m: float) -> tuple[float, str]:
    if storeys:
        what = f"{storeys} storeys of {STOREY_M:g} m" + (f" and a roof of {roof_m:g} m" if roof_m else "")
        return storeys * STOREY_M + roof_m, f"no height is given: {what} were assumed"
    if options.default_height_m is not None:
        return options.default_height_m, f"no height is given: the default of {options.default_height_m:g} m was taken"
    return STOREY_M, f"neither height nor storeys are given: one storey of {STOREY_M:g} m was assumed"


def _note(code: str, path: str, message: str) -> Issue:
    return Issue(code, path, message[:1].upper() + message[1:], Severity.NOTE)


def ground_datum(
    rows: list[dict[str, Any]], columns: Columns, options: Options, centre: tuple[float, float] | None, name: str
) -> Iterator[Issue | str | float]:
    """The vertical datum of a source's ground elevations, and a note where it had to be inferred.

    Columns of ground elevation seldom say what they are measured from. In a city by the sea whose lowest ground lies
    just at the geoid's height over the ellipsoid, and well away from zero, the heights are ellipsoidal: above sea
    level the whole city would lie that much higher. Yields the note, if any, and last "ellipsoidal", "egm96" or metres.
    """
    if options.vertical is not None:
        yield vertical_rule(options.vertical, "OGC:CRS84")
        return
    ours = "base" if "base" in columns else "low"
    absolute = "base" in columns or ("low" in columns and "high" in columns)
    values = [number(columns.get(row, ours)) for row in rows] if absolute else []
    known = [value for value in values if value is not None and value not in SENTINELS and value > -9000]
    if len(known) < 20 or centre is None:
        yield "egm96"
        return
    lowest, geoid = float(np.percentile(known, 2)), float(geoid_height([centre])[0])
    column = columns.by_field[ours]
    if abs(geoid) > _CLEAR_OF_ZERO_M and abs(lowest - geoid) < _AT_SEA_LEVEL_M:
        why = (
            f"{column} is taken as height above the ellipsoid: its lowest values ({lowest:.1f} m) lie at the geoid "
            f"({geoid:.1f} m above the ellipsoid here), so the ground is near sea level. If they are heights above "
            "sea level, import with --vertical egm96"
        )
        yield Issue("height.datum", name, why, Severity.NOTE)
        yield "ellipsoidal"
        return
    why = f"{column} is taken as height above sea level (EGM96 geoid {geoid:.1f} m here)"
    yield Issue("height.datum", name, f"{why}. If it is ellipsoidal, import with --vertical ellipsoidal", Severity.NOTE)
    yield "egm96"
