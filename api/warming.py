"""What the first question would wait for is done while the pages load: kernels loaded, devices laid over grids."""

from __future__ import annotations

import logging
import threading

from scenes import SCENES
from scenes.base import City, Query
from twin.errors import TwinError
from twin.presence import warm

LOG = logging.getLogger("quanyu.warming")


def needs_nothing(query: Query) -> bool:
    """Whether a query can be asked without a parameter, and about nobody."""
    return not query.persons and not any(field.is_required() for field in query.params.model_fields.values())


def warm_up(city: City) -> None:
    """Load the kernels and ask every question that needs no parameters."""
    if city.presence is not None:
        warm()
    for scene in SCENES:
        for query in scene.queries:
            if needs_nothing(query):
                try:
                    query.run(city, query.params())
                except TwinError as error:
                    LOG.warning("%s/%s could not be asked: %s", scene.id, query.id, error)


def start_warming(city: City) -> threading.Thread:
    """Warm up beside the first requests; join it before the twin is closed."""
    thread = threading.Thread(target=warm_up, args=(city,), name="warming", daemon=True)
    thread.start()
    return thread
