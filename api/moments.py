"""The moment that a request asks about: what stood at `at`, as it was known at `known_at`."""

from __future__ import annotations

import time
from typing import Annotated

from fastapi import Query

from scenes.epidemic.windows import to_utc
from tiles.moments import Asked, asked
from twin.errors import InvalidValue

At = Annotated[
    str | None,
    Query(description="As it stood then (ISO 8601 or epoch seconds), and was known then where `known_at` says nothing"),
]
KnownAt = Annotated[str | None, Query(description="As it was known then; a moment to come: as it is known now")]


def moment_of(at: str | None, known_at: str | None, zone: str) -> Asked | None:
    """What is asked for; None: as it is now. Raises `InvalidValue` for what is no moment."""
    return asked(_seconds(at, zone, "at"), _seconds(known_at, zone, "known_at"), int(time.time()))


def _seconds(given: str | None, zone: str, name: str) -> int | None:
    try:
        return to_utc(given, zone, name) if given else None
    except (OverflowError, ValueError) as error:
        raise InvalidValue(name, "it is out of range", "Give a moment of these centuries") from error
