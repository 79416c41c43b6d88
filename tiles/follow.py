"""A layer follows its store: what changed since its last step is read from the change log and makes the next step."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from tiles.build import around, build_layer, frame_of, twin_name
from tiles.changelog import AnotherLog, Place, read_on
from tiles.contents import Shelf
from tiles.edits import Edit, Known, Overtaken
from tiles.holdings import Holdings
from tiles.layer import Layer, News, View
from tiles.layers import layer_kind, store_kinds, turning_kinds
from tiles.ledger import Moment, State, Step
from tiles.packing import frame_token
from tiles.tileset import read_given
from tiles.write import publish, publish_all, writing
from twin.errors import UnreadableSource
from twin.store import Change, Store

MOST_CHANGES = 20_000
"""Changes from which on the whole layer is gathered anew; what did not change is not packed again then either."""

MOST_LOG_BYTES = 16 << 20
"""Length of a log after which a new checkpoint is written."""

_TRIES = 5  # how often a writer may be quicker than we are


@dataclass(frozen=True, slots=True)
class Update:
    """What an update did: the step that the layer is at, contents made, and why all was built anew, if it was."""

    news: News
    packed: int
    rebuilt: str = ""


class Follower:
    """Keeps one layer in step with its store. One object a layer and process; its memory saves reading the city."""

    def __init__(self, store: Store, folder: Path, on_step: Callable[[], object] | None = None) -> None:
        """`folder` is the layer's own; `on_step` is called as soon as readers can see a step.

        Raises `NotFound` where the layer is not built.
        """
        self._store = store
        self._on_step = on_step
        self.layer = Layer(folder)
        self._kind = layer_kind(self.layer.kind)
        self._kinds, self._turning = store_kinds(self._kind), turning_kinds(self._kind)
        self._known = Known()
        self._held: Holdings | None = None
        self._held_n = -1
        self._place = _place_of(self.layer.view.state)

    @property
    def seen(self) -> int:
        """The last change up to which the layer is known to be in step."""
        return self._place.seq

    def behind(self) -> bool:
        """Whether there is anything to look at: quick, for asking often."""
        turn = self.layer.view.state.moment.turn
        return self._store.newest_change() != self._place.seq or (turn is not None and turn <= time.time())

    def update(self) -> Update | None:
        """Take in what changed; None where that concerns nothing of the layer.

        Raises `FolderInUse` while another process changes the layer, `DiskFull` and `FolderNotWritable`.
        """
        with writing(self.layer.folder):
            self.layer.refresh()
            state = self.layer.view.state
            why = self._outgrown(state)
            if not why:
                try:
                    return self._follow(state)
                except AnotherLog:
                    why = "the store is not the one that it was built from"
                except (_Anew, UnreadableSource) as error:
                    why = str(error)
        return self._rebuild(state.n, why)

    def _outgrown(self, state: State) -> str:
        """Why the layer cannot be changed piece by piece; empty where it can."""
        about, meta = state.about, self._store.reread_meta()
        frame = frame_of(self._kind, about.anchor, about.texels, about.images)
        if about.twin != twin_name(self._store):
            return "it is of another twin"
        if about.token != frame_token(frame, about.twin):
            return "tiles are written differently now"
        if about.ground_m != (meta.ground_m or 0.0):
            return "the ground of the twin has another height"
        return self._on_another_terrain()

    def _on_another_terrain(self) -> str:
        """What to say where the terrain is not the one that the layer stands on; empty where it is."""
        same = self._store.terrain_state() == self.layer.about.terrain
        return "" if same else "the terrain is another one"

    def _rebuild(self, n: int, why: str) -> Update:
        report = build_layer(self._store, self._kind.id, self.layer.folder.parent)
        self.layer.refresh()
        self._held, self._place = None, _place_of(self.layer.view.state)
        return Update(self.layer.since(n), report.packed, why)

    def _follow(self, state: State) -> Update | None:
        """Make the next step, as often as it takes to be quicker than whoever writes."""
        if state.moment.seq > self._place.seq:
            self._place = _place_of(state)
        for _ in range(_TRIES):
            changes, place = self._changes(self._place)
            if len(changes) > MOST_CHANGES:
                raise _Anew(f"{len(changes):,} changes")
            try:
                return self._step(state, changes, place)
            except Overtaken:
                self._held = None  # the tree was revised already
            except BaseException:
                self._held = None
                raise
        return None  # what was written meanwhile is looked at the next time

    def _changes(self, place: Place) -> tuple[list[Change], Place]:
        """What the log says after a place, of what this layer draws, drew or stands on, and the place after it."""
        page, end = read_on(self._store, place, MOST_CHANGES + 1)
        if not page:
            return [], end
        held = self._load().row_of
        return [one for one in page if one.kind in self._turning or one.number in held], end

    def _overtook(self, edit: Edit, place: Place) -> bool:
        """Whether something that an edit read was written after a place. Raises `_Anew` where that is the terrain."""
        if self._store.newest_change() == place.seq:
            return False
        if why := self._on_another_terrain():
            raise _Anew(why)
        return bool(edit.read & {change.number for change in self._changes(place)[0]})

    def _load(self) -> Holdings:
        """What the layer holds, read once and then remembered."""
        layer = self.layer
        if self._held is None or self._held_n != layer.view.n:
            base = layer.view.base
            self._held, self._held_n = Holdings.load(layer.ledger.features(base)), layer.view.n
            self._known.drawn = {one.recipe: one for one in layer.ledger.state(base).drawn.values()}
            for step, _ in layer.ledger.steps(base):
                self._held.take(step)
                self._known.drawn |= {one.recipe: one for one in step.drawn.values()}
            self._read_documents()
            publish_all(layer.folder, layer.contents, layer.view.files)
        return self._held

    def _read_documents(self) -> None:
        layer = self.layer
        texts = {name: layer.contents.read(one.content) for name, one in layer.view.state.documents.items()}
        self._known.given = read_given(texts)

    def _step(self, state: State, changes: list[Change], place: Place) -> Update | None:
        """Make a step of some changes; None where nothing of the layer is concerned."""
        now, turn = int(time.time()), state.moment.turn
        turned = turn is not None and turn <= now
        numbers = {change.number for change in changes}
        if turn is not None and turned:
            numbers |= set(self._store.turned(self._kinds, turn - 1, now))
        before = self.layer.view
        with Shelf(self.layer.contents) as shelf:
            edit = Edit(self._store, self._kind, self.layer, self._load(), self._known) if numbers else None
            step = edit.run(state, sorted(numbers), shelf) if edit else None
            if edit and self._overtook(edit, place):
                raise Overtaken
            self._place = place
            moment = self._moment(state, changes, sorted(numbers), now)
            if step is None:
                same = not turned and moment.turn == state.moment.turn
                if same and place.seq - state.moment.seq <= MOST_CHANGES:
                    return None
                step = Step(state.n + 1, state.moment, state.totals)  # only how far the layer is
            step = replace(step, moment=moment)
            shelf.settle()
            self.layer.done(step)
            self._held_n = step.n
            if self._on_step is not None:
                self._on_step()
        self._finish(before)
        return Update(self.layer.since(state.n), edit.packed if edit else 0)

    def _moment(self, state: State, changes: list[Change], numbers: list[int], now: int) -> Moment:
        before = state.moment
        passed = before.turn is not None and before.turn <= now
        turns = self._store.turns(self._turning, numbers=None if passed else numbers).tolist()
        since, turn = around([*turns, before.since, *([] if before.turn is None else [before.turn])], now)
        first, last = (changes[0].seq, changes[-1].seq) if changes else (0, before.last)
        return Moment(now, self._place.seq, first, last, self._place.mark, since, turn)

    def _finish(self, before: View) -> None:
        """Let the plain tileset follow."""
        old, new = before.files, self.layer.view.files
        changed = {name: stored for name, stored in new.items() if old.get(name) != stored}
        publish(self.layer.folder, self.layer.contents, changed, old.keys() - new.keys())
        if before.state.documents != self.layer.view.state.documents:
            self._read_documents()
        if self.layer.log_bytes > MOST_LOG_BYTES and self._held is not None:
            self.layer.checkpoint(self._held.save())


class _Anew(Exception):
    """The layer has to be built anew; says why."""


def _place_of(state: State) -> Place:
    return Place(state.moment.seq, state.moment.mark)
