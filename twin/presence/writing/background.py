"""Work that is done beside, in a thread of the writing process, whenever there may be something to do."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

LOG = logging.getLogger("quanyu.presence")


class Background:
    """Calls `work` in a thread after `wake`, until it says that nothing is left to do.

    What keeps it from working (a full disk) is told to the log and tried again after the next `wake`.
    """

    def __init__(self, work: Callable[[], bool]) -> None:
        """`work` does one step; False: nothing was left to do."""
        self._work = work
        self._wanted = threading.Event()
        self._closing = threading.Event()
        self._thread: threading.Thread | None = None

    def wake(self) -> None:
        """There may be something to do."""
        self._wanted.set()
        if self._thread is None and not self._closing.is_set():
            self._thread = threading.Thread(target=self._run, name="presence upkeep", daemon=True)
            self._thread.start()

    def close(self) -> None:
        """Start no further step; wait for the one under way."""
        self._closing.set()
        self._wanted.set()
        if self._thread is not None:
            self._thread.join()

    def _run(self) -> None:
        while True:
            self._wanted.wait()
            self._wanted.clear()
            try:
                while not self._closing.is_set() and self._work():
                    pass
            except Exception:
                LOG.exception("upkeep of the presence store stopped; it is tried again after the next batch")
            if self._closing.is_set():
                return
