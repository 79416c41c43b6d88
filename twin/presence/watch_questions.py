"""Questions that stand: asked once, answered whenever new stays change the answer."""

from __future__ import annotations

from functools import cached_property

from twin.presence.asking import Asking
from twin.presence.paging import page_of
from twin.presence.snapshot import Snapshot
from twin.presence.watch.latest import Store
from twin.presence.watch.watches import Watches
from twin.presence.writing.folder import WriterLock
from twin.types import Window


class WatchQuestions(Asking):
    """Standing queries over arriving stays."""

    _lock: WriterLock | None

    @cached_property
    def watches(self) -> Watches:
        """The watches of this store, those kept in its folder among them."""
        store = Store(self._folder, self._manifest, self._standing, self._open, self._lock is not None)
        watches = Watches(store)
        self._listeners.append(watches.arrived)
        return watches

    def _standing(self, window: Window, version: int | None, force: bool) -> Snapshot:
        return self._snapshot(page_of("watch", (), None, None), window, as_of=version, force=force)
