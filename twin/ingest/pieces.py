"""From batches of features to single, usable shapes in lon/lat: placed, cleaned, the pieces of one thing united."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import shapely

from twin.ingest.features import Batch, to_wgs84
from twin.ingest.shapes import Fault
from twin.ingest.source import Options
from twin.ingest.survey import Layer, Survey, own_id
from twin.issues import Issue, Severity
from twin.types import F64, Objects

CLASS_OF_THINGS = 50
"""A feature with more parts than this is a class of things, and so are the others of its layer: not one thing."""

Clean = Callable[[Objects], tuple[Objects, dict[int, Fault]]]
"""Makes the shapes of a batch fit for a kind, or None with a fault."""


@dataclass(slots=True)
class Piece:
    """One shape and its row. `number` is its position in the source, `z` its lowest ellipsoidal metre or NaN."""

    number: int
    id: str | None
    row: dict[str, Any]
    shape: Any
    z: float


@dataclass(slots=True)
class Pieces:
    """Carries what is waiting for its other pieces from batch to batch of one layer."""

    layer: Layer
    options: Options
    found: Survey
    clean: Clean
    waiting: dict[str, list[Piece]] = field(default_factory=dict)

    def path(self, number: int, name: str | None = None) -> str:
        """Where in the source something is, for issues."""
        return f"{self.layer.name}:{number}" + (f" {name}" if name else "")

    def stream(self) -> Iterator[tuple[list[Piece], list[Issue]]]:
        """All pieces of the layer by batches, with the issues met on the way."""
        for batch in self.layer.batches():
            pieces, issues = self._of(batch)
            yield pieces, batch.issues + issues
        for name in list(self.waiting):  # a piece of these was refused, so fewer came than were counted
            piece, note = self._unite(name)
            yield [piece], [note]

    def _of(self, batch: Batch) -> tuple[list[Piece], list[Issue]]:
        names = [own_id(batch, i, self.found.columns, "id" in self.options.mapping) for i in range(len(batch))]
        shapes, lost = batch.geometry()
        issues = [Issue(code, self.path(batch.numbers[i], names[i]), sentence(why)) for i, (code, why) in lost.items()]
        shapes, z = to_wgs84(shapes, self.options, self.found.crs, thing=self.layer.name)
        off_earth = [int(i) for i in np.flatnonzero(shapely.is_missing(shapes)) if int(i) not in lost]
        why = "Its coordinates are not on Earth in this reference system"
        issues += [Issue("geometry.outside-earth", self.path(batch.numbers[i], names[i]), why) for i in off_earth]
        placed = self._taken_apart(batch, shapes, names, z)
        issues += placed.issues
        clean, faults = self.clean(placed.shapes)
        for i, (code, why, dropped) in faults.items():
            severity = Severity.REJECTED if dropped else Severity.REPAIRED
            issues.append(Issue(code, self.path(placed.numbers[i], placed.names[i]), sentence(why), severity))
        pieces: list[Piece] = []
        for i in np.flatnonzero(~shapely.is_missing(clean)):
            piece = Piece(placed.numbers[i], placed.names[i], placed.rows[i], clean[i], float(placed.z[i]))
            whole, notes = self._wait_for_rest(piece)
            pieces += whole
            issues += notes
        return pieces, issues

    def _taken_apart(self, batch: Batch, shapes: Objects, names: list[str | None], z: F64) -> _Placed:
        """In a layer whose features are classes of things, every polygon becomes a feature of its own."""
        if self.found.parts <= CLASS_OF_THINGS:
            return _Placed(shapes, names, batch.rows, batch.numbers, z, [])
        parts = shapely.get_num_geometries(shapes)
        issues: list[Issue] = []
        apart: list[Any] = []
        apart_names: list[str | None] = []
        for i, shape in enumerate(shapes):
            name = names[i]
            apart += list(shapely.get_parts(shape)) or [shape]
            apart_names += [name and f"{name}-{k}" for k in range(1, parts[i] + 1)] if parts[i] > 1 else [name]
            if parts[i] > 1:
                why = f"{parts[i]} separate outlines came as one feature; each became a thing of its own"
                issues.append(Issue("id.missing", self.path(batch.numbers[i], name), why, Severity.NOTE))
        owner = np.repeat(np.arange(len(shapes)), np.maximum(parts, 1))
        rows, numbers = [batch.rows[i] for i in owner], [batch.numbers[i] for i in owner]
        return _Placed(objects(apart), apart_names, rows, numbers, z[owner], issues)

    def _wait_for_rest(self, piece: Piece) -> tuple[list[Piece], list[Issue]]:
        """A piece whose id comes once goes on at once; the others when the last of them has come."""
        expected = self.found.repeated.get(hash(piece.id), 1) if piece.id is not None else 1
        if piece.id is None or expected == 1:
            return [piece], []
        self.waiting.setdefault(piece.id, []).append(piece)
        if len(self.waiting[piece.id]) < expected:
            return [], []
        united, note = self._unite(piece.id)
        return [united], [note]

    def _unite(self, name: str) -> tuple[Piece, Issue]:
        """The pieces of one thing as one: the union of their shapes, the columns of the largest."""
        pieces = self.waiting.pop(name)
        largest = max(pieces, key=lambda piece: float(piece.shape.area or piece.shape.length))
        points = all(piece.shape.geom_type == "Point" for piece in pieces)
        shape = largest.shape if points else shapely.union_all([piece.shape for piece in pieces])
        lows = [piece.z for piece in pieces if not np.isnan(piece.z)]
        lines = ", ".join(str(piece.number) for piece in pieces[:8]) + (" ..." if len(pieces) > 8 else "")
        done = "the first was kept" if points else "the shapes were united"
        note = Issue(
            "id.duplicate",
            self.path(largest.number, name),
            f"The id came {len(pieces)} times ({lines}); {done}",
            Severity.NOTE,
        )
        return Piece(largest.number, name, largest.row, shape, min(lows, default=float("nan"))), note


@dataclass(slots=True)
class _Placed:
    shapes: Objects
    names: list[str | None]
    rows: list[dict[str, Any]]
    numbers: list[int]
    z: F64
    issues: list[Issue]


def objects(shapes: list[Any]) -> Objects:
    """A list of geometries as an array that numpy does not take apart."""
    array: Objects = np.empty(len(shapes), dtype=object)
    array[:] = shapes
    return array


def sentence(why: str) -> str:
    """With a capital at the beginning."""
    return why[:1].upper() + why[1:]
