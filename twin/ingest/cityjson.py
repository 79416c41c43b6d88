"""CityJSON 0.5 to 2.0 in one file. Its vertices are shared, so the file is held in memory while it is read."""

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
from twin.ingest.beside import Beside
from twin.ingest.cityjson_appearance import appearance_of
from twin.ingest.cityjson_geometry import vertices_of
from twin.ingest.cityjson_objects import Model, families
from twin.ingest.placing import place
from twin.ingest.source import Options, Source
from twin.ingest.twice import twice_in
from twin.issues import Issue, Severity

_SIGN = re.compile(rb'"type"\s*:\s*"CityJSON"|"CityObjects"\s*:')
_OLDEST, _NEWEST = (0, 5), (2, 0)


def sniff(_path: Path, head: bytes) -> bool:
    """Whether a file's first bytes are those of a CityJSON document; its members come in any order."""
    text = head.removeprefix(codecs.BOM_UTF8).lstrip()
    return text.startswith(b"{") and bool(_SIGN.search(text)) and b'"CityJSONFeature"' not in text


def read(source: Source, options: Options) -> Iterator[Entity | Issue]:
    """The entities of a CityJSON file, parents before their children, with issues in between."""
    with source.open() as stream:
        data = stream.read().removeprefix(codecs.BOM_UTF8)
    try:
        document = orjson.loads(data)
    except orjson.JSONDecodeError as error:
        reason = f"it is not whole JSON ({error})"
        raise UnreadableSource(source.name, reason, "Fetch the file again or export it anew") from error
    check_header(document, "CityJSON", source.name)
    for id_ in twice_in(data, "CityObjects", document["CityObjects"]):
        words = "it stands more than once in the file: the last one was taken"
        yield Issue("id.duplicate", f"{source.name} {id_}", words, Severity.NOTE)
    del data
    album = album_of(source)
    appearance = appearance_of(document, album)
    model = Model(source.name, vertices_of(document, source.name), document, appearance)
    yield from place(families(document["CityObjects"], model), options, lambda: crs_of(document), source.name)
    yield from album.missing(appearance.images)


def check_header(document: Any, kind: str, name: str) -> None:
    """Refuse what is not a CityJSON document of a version that we read."""
    if not isinstance(document, dict) or document.get("type") != kind:
        raise UnreadableSource(name, f"it is no {kind} document", 'Its "type" must say so')
    if not isinstance(document.get("CityObjects"), dict):
        raise UnreadableSource(name, 'it has no "CityObjects"', "Export it anew")
    if kind != "CityJSON":
        return
    version = str(document.get("version", ""))
    try:
        numbers = tuple(int(part) for part in version.split(".")[:2])
    except ValueError:
        numbers = ()
    if len(numbers) != 2 or not _OLDEST <= numbers <= _NEWEST:
        way_out = "Convert it with cjio (`cjio in.json upgrade save out.json`)"
        raise UnreadableSource(name, f"CityJSON version {version[:20]!r} is not 0.5 to 2.0", way_out)


def crs_of(document: dict[str, Any]) -> str | None:
    """The reference system a document names: `referenceSystem` since 0.9, `crs.epsg` before."""
    metadata = document.get("metadata")
    if not isinstance(metadata, dict):
        return None
    name = metadata.get("referenceSystem")
    if isinstance(name, str) and name.strip():
        return name
    old = metadata.get("crs")
    code = old.get("epsg") if isinstance(old, dict) else None
    return f"EPSG:{code}" if code else None


def album_of(source: Source) -> Album:
    """The images beside a document, or (before 0.6) in its folder `appearances`."""
    return Album(Beside(source), ("appearances/",))
