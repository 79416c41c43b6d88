"""What the tables of a rule have in common: an unknown field is an error, and sources go by name or number."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict

from twin.presence.detection.profiles import by_name


class Table(BaseModel):
    """Base of every table of a rule."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)


def source_number(name: str) -> int:
    """The number of a source by its name (wifi, camera, scan, signalling, gps …) or as text. ValueError for others."""
    if name.isdecimal() and int(name) <= 255:
        return int(name)
    profile = by_name().get(name.strip().lower())
    if profile is None:
        raise ValueError(f"is no source: give one of {', '.join(sorted(by_name()))}, or a number of 0 to 255")
    return profile.source


def _written(name: object) -> object:
    return str(name) if isinstance(name, int) and not isinstance(name, bool) else name


def _known(name: str) -> str:
    source_number(name)
    return name


SourceName = Annotated[str, BeforeValidator(_written), AfterValidator(_known)]
"""A source as it is written in a rule."""
