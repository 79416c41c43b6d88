"""The textures of a CityGML file: which image lies where on which ring. Read before the objects, which come first.

Appearances stand behind the objects that they are for, or far from them, so a file that has any is read twice.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

import numpy as np
from lxml import etree

from twin.entity import Picture
from twin.ingest.album import Album, Bad
from twin.ingest.gml_text import Element, attribute, local, text_of
from twin.ingest.source import Source
from twin.ingest.wrapping import beyond_of
from twin.types import F32

_SIGN = b"imageURI"
_CHUNK = 1 << 20
_WHOLE = ("cityObjectMember", "featureMember", "appearanceMember")
_HEARD = ("imageURI", "ParameterizedTexture", *_WHOLE)

COUNT = Bad("texture.wrong-count", "a ring has not as many places in it as points")


@dataclass(slots=True, eq=False)
class Looks:
    """What lies on the rings of one source.

    images  the names of all images, and in `beyond` what lies beyond the edges of each
    rings   id of a ring -> position in these, and (n, 2) places of its points: right and up, 0..1
    """

    album: Album
    images: list[str] = field(default_factory=list)
    beyond: list[str] = field(default_factory=list)
    rings: dict[str, tuple[int, F32]] = field(default_factory=dict)

    def read(self, source: Source) -> None:
        """Take in all textures of a file; one that breaks off is found out when its objects are read."""
        if not _mentioned(source):
            return
        numbers: dict[tuple[str, str], int] = {}
        for image, element in _textures(source):
            number = numbers.setdefault((image, _beyond(element)), len(numbers))
            for places in element.iter("{*}textureCoordinates") if element is not None else ():
                ring = (attribute(places, "ring") or "").removeprefix("#")
                self.rings.setdefault(ring, (number, _places(text_of(places))))
        self.images, self.beyond = [image for image, _ in numbers], [beyond for _, beyond in numbers]

    def picture(self, number: int) -> Picture | Bad:
        """An image, or why it cannot be shown."""
        found = self.album.find(self.images[number])
        return found if isinstance(found, Bad) else replace(found, beyond=self.beyond[number])


def _beyond(texture: Element | None) -> str:
    said = {} if texture is None else {local(child): text_of(child) for child in texture}
    return beyond_of(said.get("wrapMode", "").lower(), said.get("borderColor", "").split())


def _mentioned(source: Source) -> bool:
    """Whether a file names an image at all: most do not, and need not be read twice."""
    with replace(source).open() as stream:
        before = b""
        while chunk := stream.read(_CHUNK):
            if _SIGN in before + chunk:
                return True
            before = chunk[-len(_SIGN) :]
    return False


def _textures(source: Source) -> Iterator[tuple[str, Element | None]]:
    """(image, the texture that puts it on rings; None for any other use of it) as the file goes by."""
    with replace(source).open() as stream:
        events = etree.iterparse(
            stream,
            events=("end",),
            tag=[f"{{*}}{name}" for name in _HEARD],
            huge_tree=True,
            resolve_entities=False,
            no_network=True,
            collect_ids=False,
        )
        try:
            for _, element in events:
                name = local(element)
                if name == "imageURI":
                    yield text_of(element), None
                elif name == "ParameterizedTexture":
                    image = next((text_of(child) for child in element if local(child) == "imageURI"), "")
                    yield image, element
                    element.clear()
                else:
                    _forget(element)
        except etree.XMLSyntaxError:
            return  # names that nobody declared are told of at the very end; whatever is worse, by the next reader


def _forget(element: Element) -> None:
    element.clear()
    above = element.getparent()
    while above is not None and element.getprevious() is not None:
        del above[0]


def _places(text: str) -> F32:
    """(n, 2) places of numbers as text; none where they are no pairs of numbers."""
    try:
        places = np.array(text.split(), dtype=np.float32).reshape(-1, 2)
    except ValueError:
        return np.zeros((0, 2), dtype=np.float32)
    return places if np.isfinite(places).all() else places[:0]
