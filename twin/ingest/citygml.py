"""CityGML 1.0 and 2.0, LoD0 to LoD3, read as a stream: memory holds one top-level object and a batch of results."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from twin.entity import Entity
from twin.errors import UnreadableSource
from twin.geo.crs import crs_facts
from twin.ingest.album import Album
from twin.ingest.beside import Beside
from twin.ingest.cityobject import CityObject, Family
from twin.ingest.codelists import Codelists
from twin.ingest.datum import effective_crs
from twin.ingest.gml_appearance import Looks
from twin.ingest.gml_implicit import Prototypes
from twin.ingest.gml_objects import Features
from twin.ingest.gml_stream import GmlStream
from twin.ingest.placing import place
from twin.ingest.source import Options, Source
from twin.issues import Issue

_ROOT = re.compile(rb"<(?:[\w.-]+:)?CityModel[\s>]")


def sniff(_path: Path, head: bytes) -> bool:
    """Whether a file's first bytes are those of a CityGML document."""
    return bool(_ROOT.search(head))


def read(source: Source, options: Options) -> Iterator[Entity | Issue]:
    """The entities of a CityGML file, parents before their children, with issues in between."""
    stream = GmlStream(source)
    looks = Looks(Album(Beside(source)))
    looks.read(source)
    yield from place(_families(stream, options, looks), options, lambda: stream.crs, source.name)
    yield from looks.album.missing(looks.images)


def _families(stream: GmlStream, options: Options, looks: Looks) -> Iterator[Family | Issue]:
    """Families in the file's order; those that use a shape which comes later follow at the end."""
    name = stream.source.name
    features: Features | None = None
    waiting: list[Family] = []
    count = 0
    for member in stream.members():
        if isinstance(member, Issue):
            yield member
            continue
        if features is None:
            prototypes = _prototypes(stream, options, looks)
            features = Features(name, Codelists(stream.source), prototypes, stream.dimension, looks)
        for found in features.family(member):
            count += 1
            if isinstance(found, list) and any(thing.waiting for thing in found):
                waiting.append(found)
            else:
                yield found
    for family in waiting:
        for thing in family:
            _settle(thing, features.prototypes if features else Prototypes())
        yield family
    if not count:
        raise UnreadableSource(name, "it has no city objects", "Export it anew")


def _prototypes(stream: GmlStream, options: Options, looks: Looks) -> Prototypes:
    facts = crs_facts(effective_crs(options, stream.crs, stream.source.name))
    return Prototypes(facts.geographic, facts.geographic and facts.latitude_first, looks)


def _settle(thing: CityObject, prototypes: Prototypes) -> None:
    """Place the shapes that an object waited for; one that never came rejects it."""
    for lod, reference, fitting in thing.waiting:
        placed = prototypes.place(lod, reference)
        if placed is None:
            reason = f"shape {reference.href} is not in the file"
            thing.fault = thing.fault or Issue("geometry.broken-reference", thing.path, reason)
        elif fitting:
            thing.add_fitting(placed)
        else:
            thing.solids[lod] = placed
    thing.waiting.clear()
