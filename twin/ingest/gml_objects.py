"""The features of CityGML 1.0 and 2.0 as city objects, each with everything nested in it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass

from twin.ingest.cityobject import KINDS, MERGED, CityObject, Family
from twin.ingest.codelists import Codelists
from twin.ingest.gml_appearance import Looks
from twin.ingest.gml_attributes import add_attribute
from twin.ingest.gml_geometry import BrokenGml, References
from twin.ingest.gml_implicit import Prototypes
from twin.ingest.gml_surfaces import SURFACE_FEATURES, Surfaces, level_of
from twin.ingest.gml_text import Element, attribute, local, only_child, text_of
from twin.issues import Issue, Severity

_PLAIN = frozenset({"tin", "geometry", "multiSurface"})
_DEEPEST = 40
_CONTAINERS = frozenset({"ReliefFeature"})


@dataclass(slots=True)
class Features:
    """Makes families of city objects from the top-level features of one source."""

    name: str
    codelists: Codelists
    prototypes: Prototypes
    dimension: int = 3
    looks: Looks | None = None

    def family(self, root: Element) -> Iterator[Family | Issue]:
        """A feature and every feature nested in it that is an entity of its own; issues for what is not taken."""
        references = References(root)
        if local(root) in _CONTAINERS:
            for part in (below for child in root for below in child if _is_feature(below)):
                yield from self.family(part)
            return
        if local(root) not in KINDS:
            yield self._unsupported(root)
            return
        family: Family = []
        yield from self._objects(root, None, references, family)
        yield family

    def _unsupported(self, element: Element) -> Issue:
        path = f"{self.name}:{element.sourceline} {attribute(element, 'id') or ''}".rstrip()
        return Issue("object.unsupported", path, f"objects of type {local(element)!r} are not imported")

    def _objects(
        self, element: Element, above: CityObject | None, references: References, family: Family
    ) -> Iterator[Issue]:
        """Append the object of a feature to `family`, then those nested in it."""
        if _depth(element, references.root) > _DEEPEST:
            yield Issue("object.unsupported", f"{self.name}:{element.sourceline}", "objects are nested too deeply")
            return
        thing, nested = self._object(element, references)
        thing.parent = above.id if above else None
        if not thing.id:
            thing.id = _made_id(thing)
            thing.notes.append(Issue("id.missing", thing.path, f"it got the id {thing.id}", Severity.NOTE))
        family.append(thing)
        for below in nested:
            if local(below) in KINDS:
                yield from self._objects(below, thing, references, family)
            elif local(below) in MERGED:
                self._fitting(thing, below, references)
            else:
                yield self._unsupported(below)

    def _fitting(self, carrier: CityObject, element: Element, references: References) -> None:
        """Give the surfaces of an installation, and of what is nested in it, to the object that it hangs on."""
        thing, nested = self._object(element, references)
        carrier.fault = carrier.fault or thing.fault
        carrier.notes += thing.notes
        for geometry in thing.solids.values():
            carrier.add_fitting(geometry)
        carrier.attributes["fittings"] = carrier.attributes.get("fittings", 0) + 1
        carrier.waiting += [(lod, reference, True) for lod, reference, _ in thing.waiting]
        for below in nested:
            if _depth(below, references.root) <= _DEEPEST:
                self._fitting(carrier, below, references)

    def _object(self, element: Element, references: References) -> tuple[CityObject, list[Element]]:
        """One feature's own attributes and surfaces, and the features nested in it."""
        name = attribute(element, "id") or ""
        path = f"{self.name}:{element.sourceline} {name}".rstrip()
        thing = CityObject(name, local(element), path)
        surfaces = Surfaces(thing, references, self.prototypes, self.dimension, self.looks)
        nested: list[Element] = []
        try:
            self._properties(element, surfaces, nested)
            surfaces.finish()
        except BrokenGml as error:
            thing.fault = Issue(error.code, path, error.reason)
        return thing, nested

    def _properties(self, element: Element, surfaces: Surfaces, nested: list[Element]) -> None:
        """Deal an object's properties out. Geometry of its own comes last: it may repeat surfaces with a meaning."""
        attributes = surfaces.thing.attributes
        plain: list[tuple[str, str, Element]] = []
        relief = "1"
        for part in element:
            name = local(part)
            inner = only_child(part)
            level = level_of(name)
            if level:
                plain.append((*level, part))
            elif inner is None:
                if name == "lod":
                    relief = text_of(part)
                else:
                    add_attribute(attributes, part, self.codelists)
            elif local(inner) in SURFACE_FEATURES:
                for surface in part:
                    surfaces.themed(surface)
            elif _is_feature(inner):
                nested += list(part)
            elif name in _PLAIN:
                plain.append((relief, "", part))
            else:
                add_attribute(attributes, part, self.codelists)
        for lod, what, part in plain:
            surfaces.plain(lod, what, part)


def _depth(element: Element, root: Element) -> int:
    """How many elements stand between a feature and its top-level object."""
    return 0 if element is root else sum(1 for _ in element.iterancestors()) - sum(1 for _ in root.iterancestors())


def _is_feature(element: Element) -> bool:
    name = local(element)
    return name in KINDS or name in MERGED


def _made_id(thing: CityObject) -> str:
    """An id that is the same every time the same object comes: from its type and its coordinates."""
    digest = hashlib.sha1(thing.type.encode(), usedforsecurity=False)
    digest.update(str(sorted(thing.attributes.items(), key=str)).encode())
    for geometry in thing.solids.values():
        digest.update(geometry.polygons.xyz.tobytes())
    digest.update(thing.outline.xyz.tobytes() + thing.points.tobytes())
    return f"{thing.type}-{digest.hexdigest()[:16]}"
