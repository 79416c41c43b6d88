"""The synthetic district's sensors speak by themselves: a thread that observes what fell due, once a second."""

from __future__ import annotations

import logging
import threading
import time

from scenes.base import City
from twin.errors import TwinError
from twin.synth.feed import SyntheticFeed

STEP_S = 1.0
LOG = logging.getLogger("quanyu.feed")


class FeedThread:
    """Runs the synthetic feed until stopped."""

    def __init__(self, city: City) -> None:
        self._city = city
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="synthetic-feed", daemon=True)

    def start(self) -> None:
        """Begin; the first step is one reading of every datastream."""
        self._thread.start()

    def stop(self) -> None:
        """End after the step under way."""
        self._stopping.set()
        self._thread.join()

    def _run(self) -> None:
        feed = SyntheticFeed(self._city.store.each(kinds=("sensor",)), zone=self._city.zone)
        while not self._stopping.is_set():
            started = time.monotonic()
            ids, times, values = feed.step(int(time.time()))
            try:
                self._city.live.observe(list(zip(ids, times.tolist(), values.tolist(), strict=True)))
            except TwinError as error:  # a full disk: say so, and go on when there is room again
                LOG.warning("the synthetic feed could not store its readings: %s", error)
            self._stopping.wait(max(STEP_S - (time.monotonic() - started), 0.05))
