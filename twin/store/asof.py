"""Which versions stand: the two time axes as conditions."""

from __future__ import annotations

from sqlalchemy import ColumnElement, and_, or_

from twin.store import clock
from twin.store.tables import entity


def standing(at: int | None = None, known_at: int | None = None) -> ColumnElement[bool]:
    """The versions that were known at `known_at` and true in the city at `at`, both UTC seconds.

    `known_at` None: what is known now. `at` None: at the moment of knowing, so that a question about last Monday's
    knowledge gives what the wall showed last Monday.
    """
    if at is None:
        at = clock.now() if known_at is None else known_at
    return and_(
        _known(known_at),
        or_(entity.c.valid_from.is_(None), entity.c.valid_from <= at),
        or_(entity.c.valid_to.is_(None), entity.c.valid_to > at),
    )


def _known(known_at: int | None) -> ColumnElement[bool]:
    if known_at is None:
        return entity.c.recorded_to.is_(None)
    return and_(
        entity.c.recorded_from <= known_at,
        or_(entity.c.recorded_to.is_(None), entity.c.recorded_to > known_at),
    )
