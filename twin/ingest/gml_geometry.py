"""Surfaces in GML 3.1 and 3.2, as CityGML 1.0 and 2.0 have them: polygons, patches, solids, references between them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np

from twin.entity import Picture
from twin.geo.mesh import Polygons
from twin.ingest.album import Bad
from twin.ingest.cityobject import Geometry
from twin.ingest.gml_appearance import COUNT, Looks
from twin.ingest.gml_text import Element, attribute, coordinate_tokens, local
from twin.ingest.paint import Paint
from twin.types import F32, F64

POLYGONS = frozenset({"Polygon", "Triangle", "Rectangle", "PolygonPatch"})
SOLIDS = frozenset({"Solid", "CompositeSolid", "MultiSolid"})
_NO_SURFACES = frozenset({
    "LineString", "MultiCurve", "CompositeCurve", "Curve", "OrientableCurve", "Point", "MultiPoint",
})  # fmt: skip
_REFERABLE = tuple(
    f"{{*}}{name}"
    for name in (*sorted(POLYGONS | SOLIDS), "Surface", "CompositeSurface", "MultiSurface", "OrientableSurface",
                 "TriangulatedSurface", "Tin", "GeometryCollection", "MultiGeometry")
)  # fmt: skip
_ID = "{http://www.opengis.net/gml}id"
_RINGS = frozenset({"exterior", "interior", "outerBoundaryIs", "innerBoundaryIs"})
_DEEPEST = 60

NO_HEIGHT = "-9999"
"""Stands for the height of two-dimensional coordinates: 'not known'."""


class BrokenGml(Exception):
    """A geometry that cannot be read: the rule it breaks and why. Caught where its object is made into an issue."""

    def __init__(self, code: str, reason: str) -> None:
        self.code = code
        self.reason = reason
        super().__init__(reason)


@dataclass(slots=True)
class References:
    """The elements of one top-level object that others may point at, indexed when first asked for."""

    root: Element
    by_id: dict[str, Element] | None = None

    def find(self, href: str) -> Element | None:
        """What `#id` (some writers leave out the sign) points at within the object, or None."""
        if self.by_id is None:
            self.by_id = {}
            for element in self.root.iter(*_REFERABLE):
                name = element.get(_ID) or attribute(element, "id")
                if name is not None:
                    self.by_id.setdefault(name, element)
        return self.by_id.get(href.removeprefix("#"))


def polygons_of(element: Element, references: References, depth: int = 0) -> Iterator[tuple[Element, bool]]:
    """(polygon element, it bounds a void) of everything under a geometry, references followed.

    Raises `BrokenGml` where a reference leads nowhere or round in circles.
    """
    name = local(element)
    if name in POLYGONS:
        yield element, False
        return
    if name in _NO_SURFACES:
        return
    if depth > _DEEPEST:
        raise BrokenGml("geometry.broken-reference", "surfaces refer to each other in a circle")
    void = name == "interior"
    for child in element:
        target = child
        if len(child) == 0 and len(child.attrib):
            href = attribute(child, "href")
            if href is not None:
                target = references.find(href)
                if target is None:
                    raise BrokenGml("geometry.broken-reference", f"surface {href} is not in the object")
        for polygon, inner in polygons_of(target, references, depth + 1):
            yield polygon, inner or void


@dataclass(slots=True, eq=False)
class Faces:
    """Polygon elements gathered into packed arrays; numbers stay text until all are there.

    looks  what lies on the rings of the file, if anything
    bad    images that cannot be shown on these
    """

    looks: Looks | None = None
    bad: dict[str, Bad] = field(default_factory=dict)
    tokens: list[str] = field(default_factory=list)
    ring_sizes: list[int] = field(default_factory=list)
    face_rings: list[int] = field(default_factory=list)
    semantics: list[int] = field(default_factory=list)
    shell: list[int] = field(default_factory=list)
    pictures: dict[Picture, int] = field(default_factory=dict)
    picture: list[int] = field(default_factory=list)
    places: list[F32] = field(default_factory=list)

    def add(self, polygon: Element, meaning: int, shell: int, dimension: int) -> None:
        """One polygon; one without an outer ring is left out: it has no area."""
        before = len(self.ring_sizes)
        added: list[Element] = []
        for name, ring in _rings(polygon):
            tokens = ring_tokens(ring, dimension)
            if tokens:
                self.tokens += tokens
                self.ring_sizes.append(len(tokens) // 3)
                added.append(ring)
            elif name in ("exterior", "outerBoundaryIs"):
                return
        if len(self.ring_sizes) > before:
            self.face_rings.append(len(self.ring_sizes) - before)
            self.semantics.append(meaning)
            self.shell.append(shell)
            if self.looks is not None and self.looks.rings:
                self._paint(added, self.ring_sizes[before:], self.looks)

    def _paint(self, rings: list[Element], sizes: list[int], looks: Looks) -> None:
        """What lies on one face: the image of its outer ring, where that has a place for each of its points."""
        found = [looks.rings.get(ring.get(_ID) or attribute(ring, "id") or "") for ring in rings]
        picture: Picture | Bad | None = None
        if found[0] is not None:
            image = looks.images[found[0][0]]
            picture = looks.picture(found[0][0])
            if len(found[0][1]) != sizes[0]:
                picture = COUNT
            if isinstance(picture, Bad):
                self.bad[image] = picture
        if isinstance(picture, Picture):
            self.picture.append(self.pictures.setdefault(picture, len(self.pictures)))
            pairs = zip(found, sizes, strict=True)
            self.places += [one[1] if one and len(one[1]) == size else _nowhere(size) for one, size in pairs]
        else:
            self.picture.append(-1)
            self.places.append(_nowhere(sum(sizes)))

    def geometry(self, lod: str, voids: set[int], *, closed: bool) -> Geometry:
        """All of them as one geometry; `voids` are the shells that bound a void."""
        inward = np.zeros(max(self.shell, default=0) + 1, dtype=np.bool_)
        inward[[shell for shell in voids if shell < len(inward)]] = True
        return Geometry(
            lod,
            Polygons(numbers(self.tokens), _offsets(self.ring_sizes), _offsets(self.face_rings)),
            np.array(self.semantics, dtype=np.uint8),
            np.array(self.shell, dtype=np.int64),
            inward,
            closed,
            self._painted(),
        )

    def _painted(self) -> Paint | None:
        if not self.pictures:
            return None
        places = np.concatenate(self.places).astype(np.float64)
        return Paint(list(self.pictures), np.array(self.picture, dtype=np.int64), places)


def _nowhere(count: int) -> F32:
    return np.full((count, 2), np.nan, dtype=np.float32)


def numbers(tokens: list[str]) -> F64:
    """(n, 3) coordinates of 3 n numbers as text; raises `BrokenGml`."""
    try:
        return np.array([float(token) for token in tokens], dtype=np.float64).reshape(-1, 3)
    except ValueError as error:
        raise BrokenGml("geometry.not-finite", f"a coordinate is no number ({error})") from error


def ring_tokens(ring: Element, dimension: int) -> list[str]:
    """The coordinates under a ring, a line or a point, three numbers a point, as text; raises `BrokenGml`."""
    tokens: list[str] = []
    for child in ring:
        name = local(child)
        if name in ("pos", "posList"):
            tokens += _three((child.text or "").split(), _dimension(child, dimension))
        elif name == "coordinates":
            tokens += _three(coordinate_tokens(child), dimension)
        elif name == "coord":
            tokens += _three([(axis.text or "").strip() for axis in child], len(child))
        elif name in ("pointProperty", "pointRep", "Point"):
            tokens += ring_tokens(child, dimension)
    return tokens


def _three(tokens: list[str], dimension: int) -> list[str]:
    if dimension == 3 and len(tokens) % 3 == 0:
        return tokens
    if dimension == 2 and len(tokens) % 2 == 0:
        return [part for at in range(0, len(tokens), 2) for part in (tokens[at], tokens[at + 1], NO_HEIGHT)]
    raise BrokenGml("geometry.wrong-type", f"{len(tokens)} numbers are no list of points with {dimension} coordinates")


def _rings(polygon: Element) -> Iterator[tuple[str, Element]]:
    """(name of the property, ring) of a polygon, the outer one first."""
    found = [(local(child), child) for child in polygon]
    for name, child in sorted((pair for pair in found if pair[0] in _RINGS), key=lambda pair: pair[0][0] in "i"):
        for ring in child:
            yield name, ring


def dimension_of(element: Element, default: int) -> int:
    """The `srsDimension` that an element states, or the one that holds around it."""
    return _dimension(element, default)


def _dimension(element: Element, default: int) -> int:
    stated = element.get("srsDimension") or element.get("dimension")
    return int(stated) if stated in ("2", "3") else default


def _offsets(sizes: list[int]) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    return np.concatenate((np.zeros(1, dtype=np.int64), np.cumsum(sizes, dtype=np.int64)))
