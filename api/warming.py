"""What the first question would wait for is done while the pages load: kernels loaded, devices laid over grids."""

from __future__ import annotations

import logging
import threading

from scenes import SCENES
from scenes.base import City, Query
from twin.errors import TwinError
from twin.presence import warm

PICTURE_S = 15
"""Seconds that a screen started together with the server has for its first picture."""

LOG = logging.getLogger("quanyu.warming")


def needs_nothing(query: Query) -> bool:
    """Whether a query can be asked without a parameter, and about nobody."""
    return not query.persons and not any(field.is_required() for field in query.params.model_fields.values())


class Warming(threading.Thread):
    """Kernels at once; the questions once the first picture, which wants the same cores, has had its time."""

    def __init__(self, city: City) -> None:
        super().__init__(name="warming", daemon=True)
        self._city = city
        self._stopped = threading.Event()

    def run(self) -> None:
        """Load the kernels, then ask every question that needs no parameters."""
        if self._city.presence is not None:
            warm()
        self._stopped.wait(PICTURE_S)
        for scene in SCENES:
            for query in scene.queries:
                if needs_nothing(query) and not self._stopped.is_set():
                    self._ask(scene.id, query)

    def stop(self) -> None:
        """Begin nothing more and wait for what is under way, so that the twin can be closed."""
        self._stopped.set()
        self.join()

    def _ask(self, scene: str, query: Query) -> None:
        try:
            query.run(self._city, query.params())
        except TwinError as error:
            LOG.warning("%s/%s could not be asked: %s", scene, query.id, error)
