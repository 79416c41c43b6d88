"""A CityGML file as a stream of its top-level objects. What was handed out is forgotten before the next one is read."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from lxml import etree

from twin.errors import UnreadableSource
from twin.ingest.gml_text import Element, attribute, local
from twin.ingest.source import Source
from twin.issues import Issue, Severity

_MEMBERS = ("cityObjectMember", "featureMember")
_HEARD = ("CityModel", "Envelope", "surfaceDataMember", "appearanceMember", *_MEMBERS)


@dataclass(slots=True)
class GmlStream:
    """Reads one source.

    crs        the reference system of the model's envelope or, without one, of the first geometry
    dimension  coordinates a point, as the envelope says
    """

    source: Source
    crs: str | None = None
    dimension: int = 3
    _ended: bool = field(default=False, init=False)

    def members(self) -> Iterator[Element | Issue]:
        """Each top-level object; it is only whole until the next one is asked for.

        Raises `UnreadableSource` for what is not well-formed; namespace prefixes that nobody declared are read past.
        """
        with self.source.open() as stream:
            events = etree.iterparse(
                stream,
                events=("start", "end"),
                tag=[f"{{*}}{name}" for name in _HEARD],
                huge_tree=True,
                resolve_entities=False,
                no_network=True,
                remove_comments=True,
                remove_pis=True,
                collect_ids=False,
            )
            root: Element | None = None
            try:
                for event, element in events:
                    if root is None:
                        root = self._root(element)
                    if event == "end":
                        yield from self._heard(element, root)
            except etree.XMLSyntaxError as error:
                yield from self._repaired(error, events.error_log)
            if root is None:
                raise UnreadableSource(self.source.name, "it is no CityGML: there is no CityModel in it", "")

    def _root(self, element: Element) -> Element:
        if local(element) != "CityModel":
            raise UnreadableSource(
                self.source.name, f"it is no CityGML: its root is {local(element.getroottree().getroot())}", ""
            )
        if "/citygml/3" in element.tag:
            way_out = "Convert it to 2.0 (citygml-tools from-citygml) or to CityJSON"
            raise UnreadableSource(self.source.name, "it is CityGML 3.0; 1.0 and 2.0 are read", way_out)
        return element

    def _heard(self, element: Element, root: Element) -> Iterator[Element | Issue]:
        name = local(element)
        if name == "CityModel":
            self._ended = element is root
        elif name in _MEMBERS:
            if element.getparent() is root:
                yield from self._member(element)
                _forget(element)
        elif name == "Envelope":
            self._envelope(element, root)
        else:  # Appearance: `twin.ingest.gml_appearance` has read it, here it would only fill the memory
            _forget(element)

    def _member(self, member: Element) -> Iterator[Element]:
        for thing in member:
            if self.crs is None:
                self.crs = next(filter(None, (attribute(below, "srsName") for below in thing.iter())), None)
            yield thing

    def _envelope(self, envelope: Element, root: Element) -> None:
        above = envelope.getparent()
        if above is not None and above.getparent() is root:
            self.crs = attribute(envelope, "srsName") or self.crs
            stated = attribute(envelope, "srsDimension")
            self.dimension = int(stated) if stated in ("2", "3") else 3

    def _repaired(self, error: etree.XMLSyntaxError, log: etree.ListErrorLog) -> Iterator[Issue]:
        """A file whose root ended is whole: what was wrong is names. Anything else is truncated or broken."""
        if not self._ended:
            reason = f"the XML is broken or truncated ({error.msg})"
            raise UnreadableSource(self.source.name, reason, "Fetch the file again or export it anew") from error
        messages: dict[str, int] = {}
        for entry in log:
            messages.setdefault(entry.message.split(" on ")[0], entry.line)
        for message, line in messages.items():
            what = f"{message} was not declared; its names were taken as they are"
            yield Issue("xml.repaired", f"{self.source.name}:{line}", what, Severity.REPAIRED)


def _forget(element: Element) -> None:
    """Free an element and everything before it at its level."""
    element.clear()
    above = element.getparent()
    if above is not None:
        while element.getprevious() is not None:
            del above[0]
