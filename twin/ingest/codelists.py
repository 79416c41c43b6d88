"""Code lists beside a CityGML file: a code's meaning, read once per list."""

from __future__ import annotations

from dataclasses import dataclass, field

from lxml import etree

from twin.errors import TwinError
from twin.ingest.gml_text import child_named, local, text_of
from twin.ingest.source import Source

_LARGEST = 50_000_000
"""Bytes: no code list is longer, and nothing longer is read in one go."""


@dataclass(slots=True)
class Codelists:
    """The code lists that one source refers to."""

    source: Source
    _lists: dict[str, dict[str, str]] = field(default_factory=dict, init=False)

    def meaning(self, space: str, code: str) -> str | None:
        """What a code means in the list a codeSpace names; None where the list is not there or does not have it."""
        if space not in self._lists:
            self._lists[space] = self._read(space)
        return self._lists[space].get(code)

    def _read(self, space: str) -> dict[str, str]:
        """Code -> description; empty where there is no such file or it is no dictionary (the code then stays)."""
        if "://" in space or not space.lower().endswith((".xml", ".gml")):
            return {}
        beside = self.source.sibling(space)
        if beside is None or beside.size > _LARGEST:
            return {}
        try:
            with beside.open() as stream:
                tree = etree.parse(stream, etree.XMLParser(resolve_entities=False, no_network=True))
        except (etree.XMLSyntaxError, TwinError):
            return {}
        found: dict[str, str] = {}
        for definition in tree.getroot().iter("{*}Definition"):
            description = child_named(definition, "description")
            for name in definition:
                if local(name) == "name" and description is not None and text_of(description):
                    found[text_of(name)] = text_of(description)
        return found
