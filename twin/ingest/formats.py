"""The formats an import takes, most particular first: the first whose `sniff` says yes reads the file."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from twin.entity import Entity
from twin.ingest.source import Options, Source
from twin.ingest.vector import read_geojson, read_geojson_lines
from twin.issues import Issue

Reader = Callable[[Source, Options], Iterator[Entity | Issue]]
"""Streams what a source holds; issues come between the entities, in the source's order."""


@dataclass(frozen=True)
class Format:
    """One format.

    suffixes  usual endings, for messages and help
    sniff     (name, first unpacked bytes) -> whether this format's reader should take the file
    read      its reader
    points    its things are placed by what other sources say of the district, so it is read after them
    """

    id: str
    title: str
    suffixes: tuple[str, ...]
    sniff: Callable[[Path, bytes], bool]
    read: Reader
    points: bool = False


_FEATURE_LINE = re.compile(rb'"type"\s*:\s*"Feature"')
_COLLECTION = re.compile(rb'"type"\s*:\s*"Feature(Collection)?"|"features"\s*:\s*\[')


def _text(head: bytes) -> bytes:
    return head.removeprefix(b"\xef\xbb\xbf").lstrip(b"\x1e \t\r\n")


def is_geojson_lines(path: Path, head: bytes) -> bool:
    """Whether each line is a GeoJSON feature: the first one is whole, or the name says so."""
    text = _text(head)
    if not text.startswith(b"{"):
        return False
    first, newline, rest = text.partition(b"\n")
    if newline and first.rstrip().endswith(b"}"):
        return bool(_FEATURE_LINE.search(first)) and rest.lstrip(b"\x1e \t\r\n")[:1] in (b"{", b"")
    named = path.name.lower().removesuffix(".gz").endswith((".ndjson", ".geojsonl", ".geojsons", ".jsonl"))
    return named and bool(_FEATURE_LINE.search(text))


def is_geojson(_path: Path, head: bytes) -> bool:
    """Whether it is one GeoJSON object: the members before the features may come in any order."""
    text = _text(head)
    return text.startswith(b"{") and bool(_COLLECTION.search(text))


FORMATS: tuple[Format, ...] = (
    Format("geojsonseq", "GeoJSON, a feature per line", (".ndjson", ".geojsonl"), is_geojson_lines, read_geojson_lines),
    Format("geojson", "GeoJSON", (".geojson", ".json"), is_geojson, read_geojson),
)
