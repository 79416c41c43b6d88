"""Faults in data: each is a value with a code, never an exception, so that one bad object does not end a run."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Severity(StrEnum):
    """What happened to the object."""

    NOTE = "note"  # stored as it came, worth knowing
    REPAIRED = "repaired"  # stored after a repair that the message names
    REJECTED = "rejected"  # not stored: it is in the quarantine list


@dataclass(frozen=True, slots=True)
class Issue:
    """One fault.

    `code` is a rule id from `CATALOGUE`; `path` points into the source, such as
    `kochi.ndjson:1204 39201-bldg-7`; `message` says what is wrong in one sentence.
    """

    code: str
    path: str
    message: str
    severity: Severity = Severity.REJECTED


CATALOGUE: dict[str, str] = {
    "geometry.self-intersection": "A ring crosses or touches itself",
    "geometry.empty": "There is no geometry, or it has no area",
    "geometry.too-few-points": "A ring has fewer than three different points",
    "geometry.outside-earth": "Coordinates are not on Earth in the declared reference system",
    "geometry.not-finite": "A coordinate is missing or not a finite number",
    "geometry.wrong-type": "The geometry is of a type that this kind does not take",
    "geometry.broken-reference": "The object points at a vertex or a ring that does not exist",
    "geometry.repeated-point": "A ring says a point twice in a row",
    "geometry.hole-outside": "A hole lies outside of the ring that it should be in",
    "geometry.orientation": "Surfaces of a solid look inwards",
    "geometry.open-shell": "The surfaces of a solid do not close it",
    "geometry.not-manifold": "More than two surfaces of a solid meet in one edge",
    "geometry.antimeridian": "It crosses the antimeridian or lies at a pole, where no box of longitudes holds it",
    "geometry.too-large": "A mesh or an outline has more triangles than a tile may hold for one feature",
    "geometry.roof": "A roof of the form that is stated cannot be built on this outline; it is drawn flat",
    "geometry.not-planar": "A surface is not flat enough to be triangulated",
    "height.sentinel": "A height such as -9999 stands for 'not known' and was left out",
    "height.negative": "A height above ground is negative",
    "height.reversed": "The top is below the base",
    "height.datum": "Which level the heights are measured from is not stated; it was inferred",
    "height.assumed": "No height is given: it was estimated from storeys or by the default rule",
    "id.duplicate": "The same id came more than once; the objects were united",
    "id.missing": "The object has no id; one was made from its geometry",
    "attribute.invalid": "An attribute does not fit its kind",
    "attribute.unreadable": "A field cannot be read as its type",
    "object.unsupported": "This type of object is not imported",
    "stay.reversed": "The stay ends before it starts",
    "stay.zero-length": "The stay ends when it starts; it is kept as a point in time",
    "stay.unknown-place": "The stay names a place that is not in the twin",
    "stay.unreadable-time": "A time cannot be read",
    "stay.ambiguous-time": "A local time occurs twice or never, because clocks were changed",
    "stay.too-long": "The stay is longer than the limit",
    "stay.end-estimated": "The stay has no end; one was estimated and is flagged",
    "stay.record-unused": "Raw records that are repetitions, excursions from a stay, or in no stay at all",
    "source.open-end": "The last row has no line end; the file may have been cut off",
    "grid.code": "The grid code does not have the form of a 15-digit or 14-digit code",
    "position.datum": "The datum of the coordinates was inferred from where they come from",
    "position.missing": "There is no usable position",
    "xml.repaired": "The XML is not well-formed; it was read tolerantly",
    "texture.missing": "A texture image is not there; the surface keeps its plain colour",
    "texture.unreadable": "A texture image cannot be read, or has no pixel; the surface keeps its plain colour",
    "texture.too-large": "A texture image has more pixels than are taken; the surface keeps its plain colour",
    "texture.wrong-count": "A ring has not one place in its texture a point; the surface keeps its plain colour",
}
