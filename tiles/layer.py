"""A built layer as readers see it: which file has which content, now and at any step that is kept.

Readers never wait for a writer and never see half a step: a view is a value, and the next step is another value.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import MappingProxyType

from tiles.contents import Contents
from tiles.ledger import About, Arrays, Drawn, Ledger, Moment, State, Step, Stored, after
from tiles.tileset import tile_names
from twin.errors import NotFound

STORE = ".store"
"""Folder of contents and ledger inside a layer's folder; all else in there is the plain tileset."""

_REMEMBERED = 32  # earlier steps that were asked for


@dataclass(frozen=True, slots=True)
class View:
    """A layer at one step.

    files    every file of the tileset by name, documents and tiles
    changed  names of files -> the step that changed them, for those that changed after step `base`; also of files
             that are no more
    """

    state: State
    base: int
    files: Mapping[str, Stored]
    changed: Mapping[str, int] = field(default_factory=dict)

    @property
    def n(self) -> int:
        """The number of the step."""
        return self.state.n


@dataclass(frozen=True, slots=True)
class News:
    """What changed in a layer after a step: tiles by their names, and whether the documents did.

    `whole`: more than can be told; everything may be different.
    """

    layer: str
    n: int
    tiles: tuple[str, ...]
    documents: bool
    whole: bool = False


def view_of(state: State) -> View:
    """A layer at a checkpoint."""
    return View(state, state.n, MappingProxyType(_files(state.drawn) | state.documents))


def _files(drawn: Mapping[str, Drawn]) -> dict[str, Stored]:
    return {
        f"{name}.glb": piece.stored
        for node, one in drawn.items()
        for name, piece in zip(tile_names(node, one), one.pieces, strict=True)
    }


def stepped(view: View, step: Step) -> View:
    """The layer after a further step."""
    state = after(view.state, step)
    before = view.state.drawn
    concerned = {*step.drawn, *step.dropped}
    old = _files({node: before[node] for node in concerned if node in before})
    new = _files(step.drawn)
    documents = view.state.documents
    if step.documents is not None:
        old, new = old | documents, new | step.documents
    files = {name: stored for name, stored in view.files.items() if name not in old} | new
    changed = {name: step.n for name in old.keys() | new.keys() if old.get(name) != new.get(name)}
    return View(state, view.base, MappingProxyType(files), MappingProxyType({**view.changed, **changed}))


class Layer:
    """One layer's folder. `view` is what was read last; `refresh` reads what others have done since."""

    def __init__(self, folder: Path) -> None:
        """Raises `NotFound` where no layer of ours is built."""
        self.folder = folder
        self.contents = Contents(folder / STORE / "objects")
        self.ledger = Ledger(folder / STORE)
        self._offset = 0
        self._earlier: dict[int, View] = {}
        self._view = self._read()

    @property
    def view(self) -> View:
        """The newest step that was read."""
        return self._view

    @property
    def about(self) -> About:
        """What all its tiles share."""
        return self._view.state.about

    @property
    def kind(self) -> str:
        """The kind whose layer this is."""
        return self.about.kind

    def _read(self) -> View:
        checkpoints = self.ledger.checkpoints()
        if not checkpoints:
            raise NotFound(f"layer {self.folder.name}", "it is not built", "Build it: twin tiles build")
        view, self._offset, self._earlier = view_of(self.ledger.state(checkpoints[-1])), 0, {}
        return self._catch_up(view)

    def _catch_up(self, view: View) -> View:
        for step, end in self.ledger.steps(view.base, self._offset):
            view, self._offset = stepped(view, step), end
        return view

    def refresh(self) -> bool:
        """Read further steps; whether there were any."""
        before = self._view
        if self.ledger.path(before.base, "json").exists() and self.ledger.checkpoints()[-1] == before.base:
            self._view = self._catch_up(before)
        else:
            self._view = self._read()
        return self._view is not before

    def done(self, step: Step) -> None:
        """Write a step down and show it. Only for whoever holds the layer's lock and has refreshed."""
        self.ledger.cut(self._view.base, self._offset)
        self.ledger.append(self._view.base, step)
        self._view = stepped(self._view, step)
        self._offset = self.ledger.path(self._view.base, "log").stat().st_size

    @property
    def log_bytes(self) -> int:
        """How long the log after the newest checkpoint is."""
        return self._offset

    def checkpoint(self, features: Arrays) -> None:
        """Write all of the newest step down, so that its log begins anew. Only for whoever holds the layer's lock."""
        self.ledger.checkpoint(self._view.state, features)
        self._view = self._read()

    def since(self, n: int) -> News:
        """What changed after step n."""
        view = self._view
        if not view.base <= n <= view.n:
            return News(self.folder.name, view.n, (), documents=True, whole=True)
        names = [name for name, step in view.changed.items() if step > n]
        tiles = tuple(sorted(name for name in names if name.endswith(".glb")))
        return News(self.folder.name, view.n, tiles, documents=len(tiles) < len(names))

    def at_step(self, n: int) -> View:
        """The layer at an earlier step. Raises `NotFound` for one that is not kept."""
        if n == self._view.n:
            return self._view
        if n not in self._earlier:
            while len(self._earlier) >= _REMEMBERED:
                self._earlier.pop(next(iter(self._earlier)), None)
            self._earlier[n] = self._replay(n)
        return self._earlier[n]

    def _replay(self, n: int) -> View:
        absent = NotFound(f"step {n}", "it is not kept, or never was", "Ask for a moment: ?at=")
        bases = [base for base in self.ledger.checkpoints() if base <= n]
        if not bases:
            raise absent
        view = view_of(self.ledger.state(bases[-1]))
        for step, _ in self.ledger.steps(view.base):
            if view.n == n:
                break
            view = stepped(view, step)
        if view.n != n:
            raise absent
        return replace(view, changed={})

    def at_moment(self, moment: int, seq: int, looked_at: int) -> int | None:
        """The step that shows exactly what was known and stood at a moment, UTC seconds; None: none does.

        seq        the last change that was known then
        looked_at  the last change up to which there was nothing more to take in
        """
        following = looked_at + 1
        for base in reversed(self.ledger.checkpoints()):
            moments = [(base, self.ledger.state(base).moment)]
            moments += [(step.n, step.moment) for step, _ in self.ledger.steps(base)]
            for n, each in reversed(moments):
                if each.last <= seq:
                    if seq < following and _stands(each, moment):
                        return n
                    if each.first:
                        return None
                following = each.first or following
        return None


def _stands(step: Moment, moment: int) -> bool:
    return step.since <= moment and (step.turn is None or moment < step.turn)
