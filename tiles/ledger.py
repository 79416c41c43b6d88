"""What a layer consists of, and what it used to consist of: the only truth about it.

A layer's history is a row of checkpoints, each with a log of the steps after it:

    000012.json   checkpoint: every node and every document of the layer at step 12
    000012.npz    the features behind it (only of the newest checkpoint)
    000012.log    one JSON line for each step after it: what that step changed

A step is done when its line, or its checkpoint, is synced. A last line without an end was never done: it is cut off by
the next writer and read by nobody.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from io import BytesIO
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import orjson

from tiles.atlas import JPEG, TEXELS
from tiles.contents import write_file
from twin.errors import UnreadableSource
from twin.issues import Issue, Severity
from twin.types import Bbox

FORMAT = 2
Arrays = dict[str, np.ndarray[Any, Any]]


@dataclass(frozen=True, slots=True)
class Stored:
    """A file of the layer: the hash of its content, and its length in bytes."""

    content: str
    size: int


@dataclass(frozen=True, slots=True)
class Piece:
    """One tile's content.

    low, high  what it encloses, metres in the layer's frame
    largest    the largest diagonal among its features, metres
    replaces   it draws the features of the piece before it, finer, and takes that one's place
    missing    metres that are amiss while it is not replaced by the piece after it; 0: none replaces it
    """

    stored: Stored
    low: tuple[float, float, float]
    high: tuple[float, float, float]
    largest: float
    features: int
    replaces: bool = False
    missing: float = 0.0


@dataclass(frozen=True, slots=True)
class Drawn:
    """What became of a node: usually one piece; none where nothing of it can be drawn, more where meshes are large or
    have several levels of detail.

    `recipe` stands for all that it was made of: equal recipes, equal pieces.
    """

    recipe: str
    pieces: tuple[Piece, ...]
    issues: tuple[Issue, ...] = ()


@dataclass(frozen=True, slots=True)
class About:
    """What all tiles of a layer share for as long as it is not built anew.

    token     stands for the frame, the schema, the twin and the writer itself
    ground_m  height that features stand on whose own is not known, where there is no terrain
    twin      which twin the features are from; empty where they came as arrays
    texels    the most that the images of one content may have
    images    the form of their files
    terrain   stands for the terrain that they stand on; empty where there is none
    """

    kind: str
    token: str
    anchor: tuple[float, float, float]
    ground_m: float
    twin: str
    texels: int = TEXELS
    images: str = JPEG
    terrain: str = ""


@dataclass(frozen=True, slots=True)
class Moment:
    """How far a step is, in the store's change log and in the validity of what it holds.

    time         when the step was made, UTC seconds
    seq          the last change that was looked at
    first, last  the first and the last change that this step took in
    mark         what the change log says at `seq`: another log would say something else
    since, turn  the layer shows what exists in the city from `since` until `turn` (None: open)
    """

    time: int
    seq: int = 0
    first: int = 0
    last: int = 0
    mark: tuple[int, int] = (0, 0)
    since: int = 0
    turn: int | None = None


@dataclass(frozen=True, slots=True)
class Totals:
    """How much a layer holds. `bbox` encloses every feature; `bytes` counts contents without their twins."""

    features: int
    tiles: int
    bytes: int
    bbox: Bbox


@dataclass(frozen=True, slots=True)
class State:
    """A layer at one step. `drawn` by node, `documents` by file name."""

    n: int
    about: About
    moment: Moment
    totals: Totals
    drawn: dict[str, Drawn]
    documents: dict[str, Stored]


@dataclass(frozen=True, slots=True)
class Step:
    """What one step changed. Features by number: `put` rows are (number, stamp, code, size, whole)."""

    n: int
    moment: Moment
    totals: Totals
    drawn: dict[str, Drawn] = field(default_factory=dict)
    dropped: tuple[str, ...] = ()
    documents: dict[str, Stored] | None = None
    put: tuple[tuple[int, int, int, float, int], ...] = ()
    gone: tuple[int, ...] = ()


def after(state: State, step: Step) -> State:
    """The layer as the step leaves it."""
    drawn = {name: one for name, one in state.drawn.items() if name not in step.dropped} | step.drawn
    documents = state.documents if step.documents is None else step.documents
    return State(step.n, state.about, step.moment, step.totals, drawn, documents)


class Ledger:
    """The checkpoints and logs in one folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def checkpoints(self) -> list[int]:
        """The steps that have a checkpoint, ascending."""
        return sorted(int(path.stem) for path in self.folder.glob("[0-9]*.json"))

    def path(self, n: int, suffix: str) -> Path:
        """A file of the checkpoint at step n."""
        return self.folder / f"{n:06}.{suffix}"

    def checkpoint(self, state: State, features: Arrays) -> None:
        """Write everything; the features of the checkpoint before are not needed any more."""
        before = self.checkpoints()
        packed = BytesIO()
        np.savez(packed, **features)  # type: ignore[arg-type]
        write_file(self.path(state.n, "npz"), packed.getvalue())
        self.path(state.n, "log").unlink(missing_ok=True)
        write_file(self.path(state.n, "json"), orjson.dumps({"format": FORMAT, "state": state}))
        for n in before:
            self.path(n, "npz").unlink(missing_ok=True)

    def append(self, base: int, step: Step) -> None:
        """Write a step after the checkpoint `base`; it is synced when this returns."""
        with open(self.path(base, "log"), "ab") as log:
            log.write(orjson.dumps(step) + b"\n")
            log.flush()
            os.fsync(log.fileno())

    def state(self, base: int) -> State:
        """The checkpoint at step `base`. Raises `UnreadableSource` where it is damaged or of another format."""
        path = self.path(base, "json")
        try:
            read = orjson.loads(path.read_bytes())
            if read["format"] != FORMAT:
                raise UnreadableSource(str(path), f"it is of format {read['format']}", "Build: twin tiles build")
            return read_state(read["state"])
        except (orjson.JSONDecodeError, KeyError, TypeError, ValueError) as error:
            raise UnreadableSource(str(path), f"it is damaged ({error!r})", "Build: twin tiles build") from error

    def features(self, base: int) -> Arrays:
        """The features behind a checkpoint."""
        path = self.path(base, "npz")
        try:
            with np.load(path) as read:
                return dict(read.items())
        except (OSError, ValueError) as error:
            raise UnreadableSource(str(path), f"it is damaged ({error!r})", "Build: twin tiles build") from error

    def steps(self, base: int, offset: int = 0) -> Iterator[tuple[Step, int]]:
        """Every step after a checkpoint with the place in the log where its line ends; from such a place on."""
        try:
            with open(self.path(base, "log"), "rb") as log:
                log.seek(offset)
                for line in log:
                    if not line.endswith(b"\n"):
                        return
                    offset += len(line)
                    yield _step(orjson.loads(line)), offset
        except FileNotFoundError:
            return

    def cut(self, base: int, end: int) -> None:
        """Cut off what was begun after the place where the last whole line ends."""
        path = self.path(base, "log")
        if path.exists() and path.stat().st_size > end:
            os.truncate(path, end)

    def forget(self, before: int) -> None:
        """Remove checkpoints and logs whose every step was superseded before a moment, UTC seconds."""
        kept = self.checkpoints()
        for n, following in pairwise(kept):
            if self.state(following).moment.time >= before:
                return
            for suffix in ("json", "npz", "log"):
                self.path(n, suffix).unlink(missing_ok=True)

    def references(self) -> set[str]:
        """The hash of every content that a step or a moment in these files names."""
        found: set[str] = set()
        for base in self.checkpoints():
            state = self.state(base)
            found |= _named(state.drawn, state.documents)
            for step, _ in self.steps(base):
                found |= _named(step.drawn, step.documents or {})
        for state in self._moments():
            found |= _named(state.drawn, state.documents)
        return found

    def recipes(self) -> dict[str, Drawn]:
        """Everything that was ever made and is still kept, by recipe."""
        found: dict[str, Drawn] = {}
        for base in self.checkpoints():
            found |= {one.recipe: one for one in self.state(base).drawn.values()}
            for step, _ in self.steps(base):
                found |= {one.recipe: one for one in step.drawn.values()}
        for state in self._moments():
            found |= {one.recipe: one for one in state.drawn.values()}
        return found

    def _moments(self) -> Iterator[State]:
        """The trees that were built for moments; `tiles.moments` writes them."""
        for path in self.folder.glob("moments/*.json"):
            yield read_state(orjson.loads(path.read_bytes())["state"])


def _named(drawn: dict[str, Drawn], documents: dict[str, Stored]) -> set[str]:
    pieces = {piece.stored.content for one in drawn.values() for piece in one.pieces}
    return pieces | {stored.content for stored in documents.values()}


def read_state(read: dict[str, Any]) -> State:
    """What a checkpoint says."""
    about = read["about"]
    return State(
        read["n"],
        About(**{**about, "anchor": tuple(about["anchor"])}),
        _moment(read["moment"]),
        _totals(read["totals"]),
        {name: read_drawn(one) for name, one in read["drawn"].items()},
        _documents(read["documents"]),
    )


def _step(read: dict[str, Any]) -> Step:
    return Step(
        read["n"],
        _moment(read["moment"]),
        _totals(read["totals"]),
        {name: read_drawn(one) for name, one in read["drawn"].items()},
        tuple(read["dropped"]),
        None if read["documents"] is None else _documents(read["documents"]),
        tuple(tuple(row) for row in read["put"]),
        tuple(read["gone"]),
    )


def _moment(read: dict[str, Any]) -> Moment:
    return replace(Moment(**read), mark=tuple(read["mark"]))


def _totals(read: dict[str, Any]) -> Totals:
    return Totals(read["features"], read["tiles"], read["bytes"], Bbox(**read["bbox"]))


def _documents(read: dict[str, Any]) -> dict[str, Stored]:
    return {name: Stored(**one) for name, one in read.items()}


def read_drawn(read: dict[str, Any]) -> Drawn:
    """What a line says of a node."""
    return Drawn(
        read["recipe"], tuple(_piece(one) for one in read["pieces"]), tuple(_issue(one) for one in read["issues"])
    )


def _piece(read: dict[str, Any]) -> Piece:
    return Piece(**{**read, "stored": Stored(**read["stored"]), "low": tuple(read["low"]), "high": tuple(read["high"])})


def _issue(read: dict[str, Any]) -> Issue:
    return Issue(read["code"], read["path"], read["message"], Severity(read["severity"]))
