"""A layer of tiles from all of its features: plan the tree, pack every node, write everything down at once.

A build that is interrupted leaves the layer as it was, and its contents for the next build, which does not make them
again.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from tiles.atlas import JPEG, TEXELS
from tiles.changelog import newest
from tiles.content import Frame, Meshes
from tiles.contents import Contents, Shelf
from tiles.features import Features
from tiles.gather import gather
from tiles.glb import Look
from tiles.holdings import Holdings
from tiles.journal import Begun
from tiles.layer import STORE, Layer, view_of
from tiles.layers import layer_kind, turning_kinds
from tiles.ledger import About, Drawn, Ledger, Moment, State, Stored, Totals
from tiles.metadata import schema_of
from tiles.packing import Packer, count, frame_token, recipe_of
from tiles.solids import Anchor, layer_matrix
from tiles.tileset import Given, documents, leafings, settle
from tiles.tree import Node
from tiles.write import publish_all, writing
from twin.errors import EmptySource, NotFound, UnreadableSource
from twin.issues import Issue
from twin.kinds import Kind
from twin.store import Store
from twin.types import Bbox

Progress = Callable[[int, int], None]
"""Called with features done and features in all."""

HISTORY_DAYS = 30
"""How long what a layer used to look like is kept."""

_FAR_DEGREES = 0.5  # an anchor farther than this from the middle of its city is not kept


@dataclass(frozen=True, slots=True)
class BuildReport:
    """What a build did. `left_out` counts entities of the layer that have nothing to draw; `issues` names faults.

    packed    tiles that had to be made; all others were there from before
    outdated  the layer was there in an older layout, which is gone now
    """

    kind: str
    folder: Path
    features: int
    tiles: int
    bytes: int
    seconds: float
    left_out: int = 0
    packed: int = 0
    outdated: bool = False
    issues: list[Issue] = field(default_factory=list)


def build_layer(
    store: Store,
    kind: str,
    folder: Path,
    *,
    progress: Progress | None = None,
    history_days: int = HISTORY_DAYS,
    texels: int | None = None,
    images: str | None = None,
) -> BuildReport:
    """Build the layer of a kind from the store into `folder/<kind>`, `folder` being `<twin>/tiles`.

    texels  the most that the images of one content may have; it stays with the layer (None: as it has it)
    images  the form of their files, one of `tiles.atlas.FORMS`; likewise

    Raises `InvalidValue` for a kind that is no layer, and what `build_features` raises.
    """
    began = time.perf_counter()
    declared = layer_kind(kind)
    moment = moment_of(store, declared, int(time.time()))
    store.reread_meta()
    terrain = store.terrain_state()  # like the moment taken before all is read: what comes later is taken in again
    gathered = gather(store, declared)
    source = Source(moment, twin_name(store), store.meta.ground_m or 0.0, terrain, texels, images)
    report = build_features(
        gathered.features,
        declared,
        folder,
        meshes=gathered.meshes,
        source=source,
        progress=progress,
        history_days=history_days,
    )
    seconds = time.perf_counter() - began
    return replace(report, left_out=report.left_out + gathered.shapeless, seconds=seconds)


def twin_name(store: Store) -> str:
    """Which twin a layer is of: another twin in the same folder has other numbers for its entities."""
    return f"{store.meta.name}/{store.meta.created_at}"


def moment_of(store: Store, kind: Kind, now: int) -> Moment:
    """Where the store is: taken before it is read, so that whatever is written meanwhile is taken in again."""
    place = newest(store)
    turns = store.turns(turning_kinds(kind))
    return Moment(now, place.seq, place.seq, place.seq, place.mark, *around(turns.tolist(), now))


def around(turns: list[int], now: int) -> tuple[int, int | None]:
    """The last of some moments that has come, 0 if none has, and the next."""
    return max((turn for turn in turns if turn <= now), default=0), min((t for t in turns if t > now), default=None)


@dataclass(frozen=True, slots=True)
class Source:
    """Where features came from: how far the change log was read, which twin, its ground, its terrain's state.

    texels  the most that the images of one content may have; None: as the layer has it
    images  the form of their files; likewise
    """

    moment: Moment
    twin: str = ""
    ground_m: float = 0.0
    terrain: str = ""
    texels: int | None = None
    images: str | None = None


def build_features(
    features: Features,
    kind: Kind,
    folder: Path,
    *,
    meshes: Meshes | None = None,
    source: Source | None = None,
    anchor: Anchor | None = None,
    progress: Progress | None = None,
    history_days: int = HISTORY_DAYS,
) -> BuildReport:
    """Write the layer `folder/<kind>` from its features; the old one stays until the new one is complete.

    anchor    the middle of the layer's frame; None: the one it has, or a round point amid the features

    Raises `EmptySource` where no feature can be drawn, `InvalidValue` where two have one number, and the errors of
    `tiles.write.writing`.
    """
    began = time.perf_counter()
    drawable = _in_order(features)
    if not len(drawable):
        raise EmptySource(
            f"layer {kind.id}", "nothing in it has a shape to draw", "Import some first: twin import PATH"
        )
    held = Holdings.of(drawable)
    path = folder / kind.id
    with writing(path):
        build = _Build(path, kind, drawable, source or Source(Moment(int(time.time()))), anchor)
        state = build.run(held, meshes, progress)
        Ledger(path / STORE).forget(state.moment.time - history_days * 86_400)
        build.tidy(state)
    issues = [issue for one in state.drawn.values() for issue in one.issues]
    totals = state.totals
    return BuildReport(
        kind.id,
        path,
        totals.features,
        totals.tiles,
        totals.bytes,
        time.perf_counter() - began,
        len(features) - totals.features,
        build.packed,
        build.outdated,
        issues,
    )


def _in_order(features: Features) -> Features:
    """Those that stand somewhere, by their numbers; not copied where they are so already, a million take 0.1 GB."""
    numbers = features.table.numbers
    if features.placed.all() and (numbers[1:] >= numbers[:-1]).all():
        return features
    rows = np.flatnonzero(features.placed)
    return features.take(rows[np.argsort(numbers[rows], kind="stable")])


def prune_layer(folder: Path, days: int) -> int:
    """Let go of what a layer looked like before so many days, and of contents that nothing names; bytes freed.

    Raises the errors of `tiles.write.writing`.
    """
    with writing(folder):
        layer = Layer(folder)
        now = int(time.time()) + 1  # what was superseded within this second is past, too
        layer.ledger.forget(now - days * 86_400)
        return layer.contents.sweep(layer.ledger.references(), older_than_s=0 if days == 0 else 3600)


def anchor_of(features: Features) -> Anchor:
    """A round point amid the features, so that small edits do not move the frame of the whole layer."""
    lon, lat = (features.bounds[:, :2].min(axis=0) + features.bounds[:, 2:].max(axis=0)) / 2
    return round(float(lon), 2), round(float(lat), 2), round(float(np.median(features.base_m)), -1)


def frame_of(kind: Kind, anchor: Anchor, texels: int, images: str = JPEG) -> Frame:
    """What all tiles of a layer share."""
    return Frame(anchor, schema_of(kind), Look(kind.colour), texels, images)


class _Build:
    """One build under way, by whoever has the layer's lock."""

    def __init__(self, folder: Path, kind: Kind, features: Features, source: Source, anchor: Anchor | None) -> None:
        self._folder = folder
        self._features = features
        self._source = source
        self._before = _before(folder)
        self._contents = Contents(folder / STORE / "objects")
        self._begun = Begun(folder / STORE / "begun.log")
        self.packed = 0
        self.outdated = self._before is None and (folder / "tileset.json").exists()
        anchor = anchor or self._kept_anchor() or anchor_of(features)
        texels = source.texels or (self._before.about.texels if self._before else TEXELS)
        images = source.images or (self._before.about.images if self._before else JPEG)
        self._frame = frame_of(kind, anchor, texels, images)
        token = frame_token(self._frame, source.twin)
        self._about = About(kind.id, token, anchor, source.ground_m, source.twin, texels, images, source.terrain)
        known = {one.recipe: one for one in self._before.view.state.drawn.values()} if self._before else {}
        self._packer = Packer(self._frame, self._contents, self._begun.read() | known)

    def _kept_anchor(self) -> Anchor | None:
        """The frame that the layer has, while it is near: then contents of before can be used again."""
        if self._before is None:
            return None
        kept, fresh = self._before.view.state.about.anchor, anchor_of(self._features)
        return kept if max(abs(kept[0] - fresh[0]), abs(kept[1] - fresh[1])) <= _FAR_DEGREES else None

    def run(self, held: Holdings, meshes: Meshes | None, progress: Progress | None) -> State:
        """Pack, write the documents, write the checkpoint, publish."""
        drawn: dict[str, Drawn] = {}
        with Shelf(self._contents) as shelf:
            seen = 0
            for node in held.root.all():
                drawn[node.name] = self._pack(held, node, meshes, shelf)
                seen += len(node.rows)
                if progress is not None:
                    progress(seen, len(self._features))
            texts = documents_of(held.root, drawn, self._about, {})
            stored = {name: Stored(shelf.put(text), len(text)) for name, text in texts.items()}
        n = self._before.view.n + 1 if self._before else 1
        state = State(n, self._about, self._moment(), self._totals(drawn), drawn, stored)
        Ledger(self._folder / STORE).checkpoint(state, held.save())
        publish_all(self._folder, self._contents, view_of(state).files)
        return state

    def _moment(self) -> Moment:
        """Where the store was; all that was written since the step before is taken in by this one."""
        moment = self._source.moment
        seq = self._before.view.state.moment.seq if self._before else moment.seq
        return replace(moment, first=seq + 1) if seq < moment.seq else moment

    def _pack(self, held: Holdings, node: Node, meshes: Meshes | None, shelf: Shelf) -> Drawn:
        numbers, stamps = held.contents_of(node)
        recipe = recipe_of(self._about.token, numbers, stamps)
        drawn = self._packer.again(recipe)
        if drawn is None:
            rows = np.sort(node.rows)  # rows are in the order of numbers here: see `build_features`
            drawn = self._packer.pack(recipe, self._features.take(rows), meshes, shelf)
            self._begun.add(drawn)
            self.packed += len(drawn.pieces)
        return drawn

    def _totals(self, drawn: dict[str, Drawn]) -> Totals:
        bounds = self._features.bounds
        return Totals(*count(drawn), Bbox(*bounds[:, :2].min(axis=0).tolist(), *bounds[:, 2:].max(axis=0).tolist()))

    def tidy(self, state: State) -> None:
        """What was begun is done; contents that nothing names may go."""
        self._begun.clear()
        self._contents.sweep(Ledger(self._folder / STORE).references())


def _before(folder: Path) -> Layer | None:
    """The layer as it is; None where there is none that can be used."""
    try:
        return Layer(folder)
    except (NotFound, UnreadableSource):
        return None


def documents_of(root: Node, drawn: dict[str, Drawn], about: About, given: dict[str, Given]) -> dict[str, bytes]:
    """The documents of a tree whose nodes are drawn. Raises `EmptySource` where none draws anything."""
    top = leafings(root, drawn)
    if top is None:
        raise EmptySource(f"layer {about.kind}", "no shape in it encloses an area", "See the import's list of faults")
    settle(top, given)
    columns = [column.name for column in layer_kind(about.kind).columns]
    return documents(top, layer_matrix(about.anchor), {"layer": about.kind, "columns": columns})
