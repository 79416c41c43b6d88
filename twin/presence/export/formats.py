"""The formats of an export: how a file's name and an HTTP client ask for each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from twin.errors import UnknownFormat
from twin.presence.export.arrow import ArrowFile, ArrowStream
from twin.presence.export.batches import Writer
from twin.presence.export.graphml import ENDS, GraphMl
from twin.presence.export.parquet import Parquet
from twin.presence.export.text import Csv, Ndjson

JSON = "application/json"


@dataclass(frozen=True, slots=True)
class Format:
    """One format: the ending of its files, its media type, its writer."""

    suffix: str
    media_type: str
    writer: type[Writer]


FORMATS = (
    Format(".csv", "text/csv", Csv),
    Format(".ndjson", "application/x-ndjson", Ndjson),
    Format(".parquet", "application/vnd.apache.parquet", Parquet),
    Format(".arrow", "application/vnd.apache.arrow.file", ArrowFile),
    Format(".arrows", "application/vnd.apache.arrow.stream", ArrowStream),
)
"""For rows of any kind. To add one: a writer in a file of its own and a line here."""

GRAPHML = Format(".graphml", "application/graphml+xml", GraphMl)
"""For rows that are pairs of persons."""


def formats_for(columns: Sequence[str]) -> tuple[Format, ...]:
    """The formats that rows of these columns can be written in."""
    return (*FORMATS, GRAPHML) if set(ENDS) <= set(columns) else FORMATS


def format_of(path: Path, columns: Sequence[str] = ()) -> Format:
    """The format of a file by the ending of its name; UnknownFormat where these columns cannot be written in it."""
    formats = formats_for(columns)
    for each in formats:
        if path.suffix.lower() == each.suffix:
            return each
    endings = ", ".join(each.suffix for each in formats)
    raise UnknownFormat(
        f"export {path.name}", "the ending says no format that this can be written in", f"Take {endings}"
    )


def accepted_format(accept: str, columns: Sequence[str] = ()) -> Format | None:
    """The format that an HTTP Accept header likes best; None where that is JSON, or none of ours."""
    by_type = {each.media_type: each for each in formats_for(columns)}
    for media_type in _by_preference(accept):
        if media_type in (JSON, "*/*", "application/*"):
            return None
        if media_type in by_type:
            return by_type[media_type]
    return None


def _by_preference(accept: str) -> list[str]:
    """The media types of an Accept header, best first; those with a weight of 0 are refused and left out."""
    weighed: list[tuple[float, str]] = []
    for part in accept.split(","):
        media_type, *parameters = (each.strip().lower() for each in part.split(";"))
        weights = [each[2:] for each in parameters if each.startswith("q=")]
        try:
            weight = float(weights[0]) if weights else 1.0
        except ValueError:
            weight = 0.0
        if media_type and weight > 0:
            weighed.append((weight, media_type))
    return [media_type for _, media_type in sorted(weighed, key=lambda each: -each[0])]
