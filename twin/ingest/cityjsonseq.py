"""CityJSON text sequences (1.1, 2.0): a header line, then one CityJSONFeature a line. Memory: one line."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson

from twin.entity import Entity
from twin.errors import UnreadableSource
from twin.ingest.album import Album
from twin.ingest.cityjson import album_of, check_header, crs_of
from twin.ingest.cityjson_appearance import appearance_of
from twin.ingest.cityjson_geometry import vertices_of
from twin.ingest.cityjson_objects import Model, families
from twin.ingest.cityobject import Family
from twin.ingest.placing import place
from twin.ingest.source import Options, Source
from twin.issues import Issue

_FEATURE = re.compile(rb'"type"\s*:\s*"CityJSONFeature"')
_HEADER = re.compile(rb'"type"\s*:\s*"CityJSON"')


def sniff(path: Path, head: bytes) -> bool:
    """Whether a file's first bytes are those of a CityJSON sequence."""
    text = head.removeprefix(codecs.BOM_UTF8).lstrip(b"\x1e \t\r\n")
    if not text.startswith(b"{"):
        return False
    first, newline, _ = text.partition(b"\n")
    named = path.name.lower().removesuffix(".gz").endswith((".jsonl", ".city.jsonl", ".cityjsonseq", ".jsons"))
    whole = bool(newline) and first.rstrip().endswith(b"}")
    return bool(_FEATURE.search(text)) or (bool(_HEADER.search(first)) and named and whole)


def read(source: Source, options: Options) -> Iterator[Entity | Issue]:
    """The entities of a CityJSON sequence, in its order, with issues in between."""
    lines = _lines(source)
    header = next(lines, None)
    if header is None:
        raise UnreadableSource(source.name, "it has no lines", "Export it anew")
    number, document = header
    check_header(document, "CityJSON", f"{source.name}:{number}")
    yield from place(_features(lines, document, album_of(source)), options, lambda: crs_of(document), source.name)


def _features(lines: Iterator[tuple[int, Any]], header: dict[str, Any], album: Album) -> Iterator[Family | Issue]:
    source = album.beside.source.name
    shared = appearance_of(header, album)
    yield from families(header["CityObjects"], Model(source, vertices_of(header, source), header, shared))
    yield from album.missing(shared.images)
    for number, feature in lines:
        name = f"{source}:{number}"
        check_header(feature, "CityJSONFeature", name)
        own = appearance_of(feature, album) if "appearance" in feature else shared
        vertices = vertices_of({"vertices": feature.get("vertices"), "transform": header.get("transform")}, name)
        yield from families(feature["CityObjects"], Model(name, vertices, header, own))
        yield from album.missing(own.images if own is not shared else [])


def _lines(source: Source) -> Iterator[tuple[int, Any]]:
    """(line number, document) of each line that is not blank; raises `UnreadableSource`."""
    with source.open() as stream:
        for number, line in enumerate(stream, start=1):
            text = line.removeprefix(codecs.BOM_UTF8).strip(b"\x1e \t\r\n")
            if not text:
                continue
            try:
                yield number, orjson.loads(text)
            except orjson.JSONDecodeError as error:
                reason = f"the line is not whole JSON ({error})"
                raise UnreadableSource(f"{source.name}:{number}", reason, "Fetch the file again") from error
