"""The watches of a store: what each has said so far, and what new versions of the store add to it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import replace
from uuid import uuid4

from twin.errors import InvalidValue
from twin.presence.watch import keeping
from twin.presence.watch.alert import Alert, Delivery
from twin.presence.watch.alerting import alerts_of, forgotten
from twin.presence.watch.keeping import Kept
from twin.presence.watch.latest import Latest, Store
from twin.presence.watch.standings import Standings
from twin.presence.watch.watch import Watch

Listener = Callable[[Delivery], object]

_WRITTEN_EVERY = 64
"""Versions that say nothing new before it is written down, all the same, how far the listeners are."""


class Watches:
    """Standing queries. All alerts of a watch, applied in order, are the answer of its question at the last snapshot.

    A watch begins with nothing said: what holds already comes with its first delivery. In a store open for writing
    watches are kept in its folder with the version up to which their alerts have arrived (`acknowledge`, `listen`), and
    go on from there when the store is opened again: nothing is left out, nothing comes twice. In a store open for
    reading the same watches are there, and whatever else is added for as long as it is open.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._lock = threading.RLock()
        self._kept = keeping.read(store.folder)
        self._latest = Latest(store)
        self._said: dict[str, Standings] = {}
        self._at = 0  # the snapshot of the last delivery
        self._listeners: list[Listener] = []

    def all(self) -> dict[str, Watch]:
        """Every watch by its id."""
        with self._lock:
            return {name: kept.watch for name, kept in self._kept.items()}

    def add(self, watch: Watch, *, name: str | None = None, force: bool = False) -> str:
        """Watch from now on; the id, which is `name` if one is given.

        Raises TooMuch where the question reads too much to be asked again and again, unless told to with `force`;
        InvalidValue for a name that is taken.
        """
        with self._lock:
            chosen = name or uuid4().hex
            if chosen in self._kept:
                raise InvalidValue("watch", "there is one of this name", "Give another one, or remove it first")
            self._latest.try_out(watch, force=force)
            self._keep(self._kept | {chosen: Kept(watch)})
        self.arrived()
        return chosen

    def remove(self, watch: str) -> None:
        """Watch no longer. InvalidValue for an id that is none."""
        with self._lock:
            if watch not in self._kept:
                raise InvalidValue("watch", "there is none of this id", "See all() for those there are")
            self._keep({name: kept for name, kept in self._kept.items() if name != watch})
            self._said.pop(watch, None)
            self._latest.remove(watch)

    def poll(self, since: int | None = None) -> Delivery:
        """What is new since the last delivery.

        With `since`, what is another now than at that version, whatever was delivered: for whoever keeps in mind how
        far they are. InvalidValue for a version that was never made or is no longer kept.
        """
        with self._lock:
            if since is None:
                delivery, said = self._next()
                self._said, self._at = said, delivery.snapshot
                return delivery
            before = self._latest.states_at(since, self.all())
            now = self._latest.advance(self.all())
            return Delivery(now, self._alerts(before, now))

    def acknowledge(self, snapshot: int) -> None:
        """All alerts up to a delivery's snapshot have arrived: they do not come again when the store is reopened."""
        with self._lock:
            if snapshot > self._at:
                raise InvalidValue("snapshot", "nothing was delivered up to it", f"The last delivery was {self._at}")
            new = {name: kept for name, kept in self._kept.items() if name in self._said and kept.delivered < snapshot}
            self._keep(self._kept | {name: replace(kept, delivered=snapshot) for name, kept in new.items()})

    def listen(self, listener: Listener) -> None:
        """Call with every delivery that holds alerts: what has not arrived yet, at once, then after each change here.

        A delivery has arrived when all listeners have returned. What they raise is raised by the change, which is made
        all the same; the alerts come again with the next one.
        """
        with self._lock:
            self._listeners.append(listener)
        self.arrived()

    def arrived(self) -> None:
        """Tell the listeners what is new. The store calls it after each change."""
        with self._lock:
            if not self._listeners:
                return
            delivery, said = self._next()
            if delivery.alerts:
                for listener in self._listeners:
                    listener(delivery)
            self._said, self._at = said, delivery.snapshot
            least = min((kept.delivered for kept in self._kept.values()), default=delivery.snapshot)
            behind = delivery.snapshot - least >= _WRITTEN_EVERY
            if delivery.alerts or behind or self._latest.rewritten(least):
                self.acknowledge(delivery.snapshot)

    def _next(self) -> tuple[Delivery, dict[str, Standings]]:
        """The next delivery, and what is said when it has arrived."""
        new = {name: kept for name, kept in self._kept.items() if name not in self._said}
        recalled = {name: self._latest.recall(kept.watch, kept.delivered) for name, kept in new.items()}
        now = self._latest.advance(self.all())
        lost = [forgotten(name, now) for name, said in recalled.items() if said is None]
        before = self._said | {name: said or Standings.none() for name, said in recalled.items()}
        return Delivery(now, lost + self._alerts(before, now)), dict(self._latest.states)

    def _alerts(self, before: Mapping[str, Standings], now: int) -> list[Alert]:
        found: list[Alert] = []
        for name, kept in self._kept.items():
            after = self._latest.states[name]
            if before[name] is not after:
                snapshot = self._store.snapshot(kept.watch.window, now, True)
                found += alerts_of(name, kept.watch, before[name], after, snapshot)
        return found

    def _keep(self, watches: dict[str, Kept]) -> None:
        if self._store.kept:
            keeping.write(self._store.folder, watches)
        self._kept = watches
