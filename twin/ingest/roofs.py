"""What a source's columns or tags say of a roof, in our attributes' names and units."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from twin.ingest.columns import Columns, number, text
from twin.ingest.osmtags import direction_of
from twin.issues import Issue, Severity

ROOF_COLUMNS = ("roof_form", "roof_height", "roof_levels", "roof_facing", "roof_ridge")
"""Our fields that are read here."""

ROOF_STOREY_M = 3.0
"""Height of a storey under the roof where only their number is known."""

_SIZES = {"roof_height": (300.0, "height of a roof"), "roof_levels": (20.0, "number of storeys under a roof")}


def read_roof(row: Mapping[str, Any], columns: Columns, path: str) -> tuple[dict[str, Any], list[Issue]]:
    """The roof's attributes of one row, and a note for everything in it that cannot be read."""
    issues: list[Issue] = []
    found: dict[str, Any] = {}
    form = text(columns.get(row, "roof_form"))
    if form is not None:
        found["roof_form"] = form
    sizes: dict[str, float] = {}
    for ours, (most, what) in _SIZES.items():
        raw = columns.get(row, ours)
        size = number(raw)
        if size is not None and 0 <= size <= most:
            sizes[ours] = size
        elif raw is not None:
            issues.append(_unreadable(columns.by_field[ours], raw, f"is no {what}", path))
    height = sizes.get("roof_height", sizes.get("roof_levels", 0.0) * ROOF_STOREY_M)
    if height:
        found["roof_height_m"] = height
    found |= _way(row, columns, path, issues)
    return found, issues


def _way(row: Mapping[str, Any], columns: Columns, path: str, issues: list[Issue]) -> dict[str, Any]:
    """Where it falls to, and which way its ridge runs."""
    found: dict[str, Any] = {}
    facing, ridge = columns.get(row, "roof_facing"), columns.get(row, "roof_ridge")
    if facing is not None:
        degrees = direction_of(str(facing))
        if degrees is None:
            issues.append(_unreadable(columns.by_field["roof_facing"], facing, "is no direction", path))
        else:
            found["roof_facing_deg"] = degrees
    if ridge is not None:
        word = str(ridge).strip().lower()
        if word in ("along", "across"):
            found["roof_ridge"] = word
        else:
            issues.append(_unreadable(columns.by_field["roof_ridge"], ridge, "is neither along nor across", path))
    return found


def _unreadable(column: str, raw: Any, what: str, path: str) -> Issue:
    return Issue("attribute.unreadable", path, f"{column} {str(raw)[:40]!r} {what}", Severity.NOTE)
