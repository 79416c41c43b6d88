"""The textures of a CityJSON document: nested lists of places in an image, beside those of its boundaries."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from twin.entity import Picture
from twin.ingest.album import Album, Bad
from twin.ingest.cityjson_geometry import shells_of
from twin.ingest.cityobject import CityObject, Geometry
from twin.ingest.paint import Paint
from twin.ingest.wrapping import beyond_of
from twin.types import F64

COUNT = Bad("texture.wrong-count", "a ring has not as many places in it as points, or one that does not exist")


@dataclass(slots=True, eq=False)
class Appearance:
    """What a document says of its textures.

    images   the name of each, and in `beyond` what lies beyond its edges
    places   (n, 2) right and up, 0..1, which its geometries refer to
    theme    which of several looks is taken: the one that the document prefers, else each geometry's first
    """

    album: Album
    images: list[str] = field(default_factory=list)
    beyond: list[str] = field(default_factory=list)
    places: F64 = field(default_factory=lambda: np.zeros((0, 2)))
    theme: str = ""

    def paint(self, geometry: dict[str, Any], made: Geometry, thing: CityObject) -> None:
        """Put the images on a geometry that was read; what cannot be shown is noted at its object."""
        values = self._values(geometry)
        if values is None:
            return
        painter = _Painter(self)
        pairs = zip(
            shells_of(geometry["type"], geometry.get("boundaries"), None),
            shells_of(geometry["type"], geometry.get("boundaries"), values),
            strict=True,
        )
        for (_, faces, _), (looks, _, _) in pairs:
            for at, face in enumerate(faces):
                if len(face) and len(face[0]):
                    painter.face(face, looks[at] if isinstance(looks, list) and at < len(looks) else None)
        made.paint = painter.paint()
        thing.notes += self.album.notes(thing.path, painter.bad)

    def _values(self, geometry: dict[str, Any]) -> Any:
        themes = geometry.get("texture")
        if not self.images or not isinstance(themes, dict) or not themes:
            return None
        chosen = themes.get(self.theme, next(iter(themes.values())))
        return chosen.get("values") if isinstance(chosen, dict) else None


class _Painter:
    """The faces of one geometry, one after the other."""

    def __init__(self, appearance: Appearance) -> None:
        self._of = appearance
        self._pictures: dict[Picture, int] = {}
        self._picture: list[int] = []
        self._places: list[int] = []
        self.bad: dict[str, Bad] = {}

    def face(self, rings: list[list[int]], looks: Any) -> None:
        """One face: its rings, and for each the number of an image and of places in it."""
        full = [ring for ring in rings if ring]
        points = sum(len(ring) for ring in full)
        given = [look for look in looks if isinstance(look, list)] if isinstance(looks, list) else []
        stated = given[0][0] if given and given[0] else None
        number = stated if isinstance(stated, int) else -1
        picture = self._picture_of(number)
        places = [self._places_of(ring, given[at] if at < len(given) else []) for at, ring in enumerate(full)]
        if picture is not None and -1 in places[0]:
            self.bad[self._of.images[number]] = COUNT
            picture = None
        self._picture.append(-1 if picture is None else self._pictures.setdefault(picture, len(self._pictures)))
        self._places += [-1] * points if picture is None else itertools.chain.from_iterable(places)

    def _places_of(self, ring: list[int], look: list[Any]) -> list[int]:
        """The places of a ring's points; -1 each where there are not as many, or where one does not exist."""
        most, places = len(self._of.places), look[1:]
        fits = len(places) == len(ring) and all(isinstance(place, int) and 0 <= place < most for place in places)
        return places if fits else [-1] * len(ring)

    def _picture_of(self, number: int) -> Picture | None:
        if not 0 <= number < len(self._of.images):
            return None
        image = self._of.images[number]
        found = self._of.album.find(image)
        if isinstance(found, Bad):
            self.bad[image] = found
            return None
        return replace(found, beyond=self._of.beyond[number])

    def paint(self) -> Paint | None:
        """What is on the faces; None where there is nothing."""
        if not self._pictures:
            return None
        places = np.concatenate((self._of.places, [[np.nan, np.nan]]))
        chosen = np.array(self._places, dtype=np.int64)
        return Paint(list(self._pictures), np.array(self._picture, dtype=np.int64), places[chosen])


def appearance_of(document: dict[str, Any], album: Album) -> Appearance:
    """What a document (or a feature of a sequence) says of its textures; what is not as it should be is nothing."""
    stated = document.get("appearance")
    stated = stated if isinstance(stated, dict) else {}
    textures = stated.get("textures")
    textures = [one if isinstance(one, dict) else {} for one in textures] if isinstance(textures, list) else []
    images = [str(one.get("image") or "") for one in textures]
    beyond = [_beyond(one) for one in textures]
    try:
        places = np.asarray(stated.get("vertices-texture") or [], dtype=np.float64).reshape(-1, 2)
    except (TypeError, ValueError):
        places = np.zeros((0, 2))
    if not np.isfinite(places).all():
        places = np.zeros((0, 2))
    return Appearance(album, images, beyond, places, str(stated.get("default-theme-texture") or ""))


def _beyond(texture: dict[str, Any]) -> str:
    colour = texture.get("borderColor")
    return beyond_of(texture.get("wrapMode"), colour if isinstance(colour, list) else ())
