"""The answers of watches as they are now, asked again only where new versions may have changed them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from twin.errors import InvalidValue
from twin.presence.manifest import Manifest
from twin.presence.segments.segment import Segment, SegmentInfo
from twin.presence.snapshot import Snapshot
from twin.presence.versions import Kind
from twin.presence.watch.changes import changes_between
from twin.presence.watch.evaluating import evaluate
from twin.presence.watch.reach import Lists, Reach
from twin.presence.watch.standings import Standings
from twin.presence.watch.watch import Watch
from twin.types import Window


@dataclass(frozen=True, slots=True)
class Store:
    """What watches need of a store.

    snapshot  (window, version or None for now, whether to read as much as it takes) to the store as it stood
    kept      whether watches may be written into its folder
    """

    folder: Path
    manifest: Manifest
    snapshot: Callable[[Window, int | None, bool], Snapshot]
    open: Callable[[SegmentInfo], Segment]
    kept: bool


_REWRITING = {Kind.ERASURE, Kind.RETENTION}
"""Changes that older versions do not survive."""


class Latest:
    """`states` by watch at one version."""

    def __init__(self, store: Store) -> None:
        self.states: dict[str, Standings] = {}
        self._store = store
        self._lists = Lists()
        self._at = 0

    def advance(self, watches: Mapping[str, Watch]) -> int:
        """Bring every watch up to the newest version, and return it. Nothing is changed where it raises."""
        while True:
            now = self._store.manifest.version()
            try:
                changed = {name: self._evaluated(watches[name], now) for name in self._outdated(watches, now)}
            except InvalidValue:  # the version may have been let go in the meantime
                if now >= self._store.manifest.oldest():
                    raise
                continue
            for name, (state, reach) in changed.items():
                self.states[name] = state
                self._lists.put(name, reach)
            self._at = now
            return now

    def remove(self, watch: str) -> None:
        """Forget a watch."""
        self.states.pop(watch, None)
        self._lists.remove(watch)

    def try_out(self, watch: Watch, *, force: bool) -> None:
        """Ask a watch's question once. Raises what the question raises."""
        evaluate(self._store.snapshot(watch.window, None, force), watch)

    def states_at(self, version: int, watches: Mapping[str, Watch]) -> dict[str, Standings]:
        """The answers at any version that is kept."""
        known = self.states if version == self._at else {}
        return {name: known.get(name) or self._evaluated(watch, version)[0] for name, watch in watches.items()}

    def recall(self, watch: Watch, version: int) -> Standings | None:
        """The answer as it was given at a version, 0: never; None where that version is not what it was."""
        if not version:
            return Standings.none()
        if version > self._store.manifest.version() or self.rewritten(version):
            return None
        return self._evaluated(watch, version)[0]

    def rewritten(self, version: int) -> bool:
        """Whether a version is no longer kept, or has lost stays since: of somebody erased, of days past retention."""
        manifest = self._store.manifest
        return version < manifest.oldest() or any(made.kind in _REWRITING for made in manifest.history(version))

    def _outdated(self, watches: Mapping[str, Watch], now: int) -> set[str]:
        """The watches that must be asked: those that are new, and those that versions since may have touched."""
        new = {name for name in watches if name not in self.states}
        if not self.states or now == self._at:
            return new
        changes = changes_between(self._store.manifest, self._at, now, self._store.open)
        return new | changes.touched(self._lists, self.states)

    def _evaluated(self, watch: Watch, version: int) -> tuple[Standings, Reach]:
        return evaluate(self._store.snapshot(watch.window, version, True), watch)
